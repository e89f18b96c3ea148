import Catalog
import OrderStore
import Orders

/// A claim on its way through the loop.
struct PendingClaim {
    /// As it would be accepted; its ID is the script's to give.
    var order: Order
    /// Said unless the coupon has an order already; nil: it may be accepted.
    var refusal: ClaimProblem?
    /// nil where the campaign has no rules of risk for the pack.
    var risk: ClaimRisk?
    let shard: UInt16
    /// How often the script has had it.
    var tries: UInt8 = 0
    let waiter: ClaimWaiter

    /// How often a claim is put to the script again behind draws of stock: others may be quicker each time.
    static let maxTries: UInt8 = 8

    /// What spoke against it, where it waits for an operator once it is accepted.
    var heldFor: RiskFlags? { risk.flatMap { $0.isHeld ? $0.flags : nil } }

    func entry(_ catalog: Catalog) -> ClaimEntry {
        ClaimEntry(
            order: order, mode: refusal == nil ? .claim : .lookUp, isHeld: risk?.isHeld == true,
            hasAmount: catalog.gifts[Int(order.gift)].amount != nil)
    }
}

/// What follows from the script's decision of one claim.
enum ScriptStep: Sendable, Equatable {
    /// Accepted: to Kafka with it.
    case produce(Order)
    /// The coupon's own order, acknowledged by Kafka: where does it stand now?
    case tellState(OrderID)
    /// The coupon's own order, not yet in Kafka: wait for it if it is on its way from here.
    case awaitQueue(OrderID)
    /// No stock at hand: draw some and try again.
    case drawStock
    case answer(ClaimProblem)

    /// - Parameters:
    ///   - order: the claim as it was put to the script.
    ///   - refusal: what to say where there is no order; nil for a claim that might be accepted.
    ///   - tries: how often the script has had it, this time included.
    static func after(
        _ decision: ClaimDecision, order: Order, refusal: ClaimProblem?, tries: UInt8
    ) -> ScriptStep {
        switch decision {
        case .accepted(let id, let amount):
            var accepted = order
            accepted.id = id
            accepted.amount = amount
            return .produce(accepted)
        case .stored(let stored, let inOutbox):
            guard ClaimGate.isRepeat(order, of: stored) else { return .answer(.couponSpent) }
            return inOutbox ? .awaitQueue(stored.id) : .tellState(stored.id)
        case .noStock:
            return tries < PendingClaim.maxTries ? .drawStock : .answer(.stockBusy)
        case .outboxFull:
            return .answer(.outboxFull)
        case .overQuota(let quota):
            return .answer(.overQuota(quota))
        case .notStored:
            // Only asked for with a refusal in hand.
            return .answer(refusal ?? .storeUnknown)
        }
    }
}
