import OrderStore
import Orders

/// A claim on its way through the loop.
struct PendingClaim {
    /// As it would be accepted; its ID is the script's to give.
    var order: Order
    /// Said unless the coupon has an order already; nil: it may be accepted.
    var refusal: ClaimProblem?
    let shard: UInt16
    /// How often the script has had it.
    var tries: UInt8 = 0
    let waiter: ClaimWaiter

    /// How often a claim is put to the script again behind draws of stock: others may be quicker each time.
    static let maxTries: UInt8 = 8

    var entry: ClaimEntry { ClaimEntry(order: order, mode: refusal == nil ? .claim : .lookUp) }
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
        case .accepted(let id):
            var accepted = order
            accepted.id = id
            return .produce(accepted)
        case .stored(let stored, let inOutbox):
            guard ClaimGate.isRepeat(order, of: stored) else { return .answer(.couponSpent) }
            return inOutbox ? .awaitQueue(stored.id) : .tellState(stored.id)
        case .noStock:
            return tries < PendingClaim.maxTries ? .drawStock : .answer(.stockBusy)
        case .outboxFull:
            return .answer(.outboxFull)
        case .notStored:
            // Only asked for with a refusal in hand.
            return .answer(refusal ?? .storeUnknown)
        }
    }
}
