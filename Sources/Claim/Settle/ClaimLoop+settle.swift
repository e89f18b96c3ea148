import Catalog
import Credentials
import OrderStore
import Orders
import ProfileRoad
import Profiles
import Telemetry

extension ClaimLoop {
    /// Grants a pack to a coupon that has no order: to its holder's first role in the pack's game. On the
    /// loop; `then` is called once, on it.
    ///
    /// The coupon is looked up first: most are spent, and nobody's role service is asked for those.
    func settle(_ coupon: Coupon, _ gift: Gift, then: @escaping (SettleResult) -> Void) {
        guard Int(coupon.kind) < plan.catalog.campaign.couponKinds.count else {
            return then(SettleResult(.problem(.couponInvalid)))
        }
        store.order(coupon: coupon.serial, user: coupon.holder) { [self] result in
            switch result {
            case .failure: then(SettleResult(.problem(.storeAway)))
            case .success(let order?): then(.skipped(order.id))
            case .success(nil): findRole(coupon, gift, then)
            }
        }
    }

    private func findRole(_ coupon: Coupon, _ gift: Gift, _ then: @escaping (SettleResult) -> Void) {
        guard let road = tools?.road else { return then(SettleResult(.problem(.noLane))) }
        road.profile(user: coupon.holder, games: 1 << UInt64(gift.game)) { [self] found in
            let standing = SettleStanding(found, gift, plan.catalog)
            guard standing == .refused(.noRole) else { return settle(coupon, gift, standing, then) }
            // Whoever has made a role meanwhile is not refused by what was known before.
            road.refresh(user: coupon.holder, game: gift.game) { [self] found in
                settle(coupon, gift, SettleStanding(found, gift, plan.catalog), then)
            }
        }
    }

    private func settle(
        _ coupon: Coupon, _ gift: Gift, _ standing: SettleStanding, _ then: @escaping (SettleResult) -> Void
    ) {
        switch standing {
        case .unknown: then(SettleResult(.problem(.eligibilityUnknown)))
        case .refused(let refusal): then(SettleResult(.problem(.refused(refusal))))
        case .role(let role):
            let claim = AdmittedClaim(
                user: coupon.holder, coupon: coupon.serial, couponExpiresAtS: coupon.expiresAtS,
                gift: gift.slot, region: role.region, role: role.id)
            submit(plan.gate.order(claim, nowMs: SystemClock.nowMs)) { [self] answer in
                guard answer == .problem(.couponSpent) else { return then(SettleResult(answer)) }
                tellSpent(coupon, then)
            }
        }
    }

    /// Spent on something else between the look and the script.
    private func tellSpent(_ coupon: Coupon, _ then: @escaping (SettleResult) -> Void) {
        store.order(coupon: coupon.serial, user: coupon.holder) { result in
            if case .success(let order?) = result { return then(.skipped(order.id)) }
            then(SettleResult(.problem(.storeAway)))
        }
    }
}

/// Whether a person may be granted a pack without having asked for it, and as whom.
enum SettleStanding: Sendable, Equatable {
    case role(Role)
    case refused(Refusal)
    /// The game does not say at the moment.
    case unknown

    /// The audience counts as for a claim; the phase and the stock are asked elsewhere.
    init(_ found: ProfileAnswer, _ gift: Gift, _ catalog: Catalog) {
        guard found.missing & (1 << UInt64(gift.game)) == 0 else {
            self = .unknown
            return
        }
        self.init(found.profile, gift, catalog)
    }

    init(_ profile: Profile, _ gift: Gift, _ catalog: Catalog) {
        let registration = Registration(profile, game: gift.game, campaign: catalog.campaign)
        switch Eligibility.check(gift.audience, registration) {
        case .unknown: self = .unknown
        case .no(let refusal): self = .refused(refusal)
        case .yes:
            guard let role = profile.game(gift.game)?.roles.first else {
                self = .refused(.noRole)
                return
            }
            self = .role(role)
        }
    }
}
