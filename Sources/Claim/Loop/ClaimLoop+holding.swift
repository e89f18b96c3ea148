import Catalog
import Orders

/// What the rules of risk say of a claim for a pack of high value.
struct ClaimRisk: Sendable, Equatable {
    /// What it was counted under; taken back where the claim gives no new order.
    var source: RiskSource
    /// Empty where nothing speaks against it.
    var flags: RiskFlags
    /// Whether the order waits for an operator once it is accepted.
    var isHeld: Bool
}

extension ClaimLoop {
    /// Counts a claim that may go ahead and judges it; nil where the campaign has no rules for its pack.
    func judgeRisk(_ claim: AdmittedClaim, _ nowMs: Int64) -> ClaimRisk? {
        let gate = plan.gate
        guard gate.catalog.gifts[Int(claim.gift)].highValue, let rules = gate.catalog.campaign.approval else {
            return nil
        }
        let source = RiskSource(device: claim.device, address: claim.address)
        let flags = riskDesk.judge(source, accountCreatedS: claim.accountCreatedS, nowS: nowMs / 1000)
        return ClaimRisk(source: source, flags: flags, isHeld: rules.hold == .always || !flags.isEmpty)
    }

    /// The claim gave no new order.
    func forget(_ risk: ClaimRisk?, _ nowMs: Int64) {
        guard let risk else { return }
        riskDesk.takeBack(risk.source, nowS: nowMs / 1000)
    }
}

extension RiskRules {
    init(_ rules: ApprovalRules?) {
        self.init(
            claimsPerDevice: rules?.claimsPerDevice, claimsPerAddress: rules?.claimsPerAddress,
            minAccountAgeDays: rules?.minAccountAgeDays)
    }
}
