import Orders

/// One claim as the script gets it.
package struct ClaimEntry: Sendable {
    package enum Mode: Sendable {
        /// Accept it unless the coupon has an order already.
        case claim
        /// Only tell whether the coupon has an order: the claim is refused if it has none.
        case lookUp
    }

    /// The order as it would be; its ID is not looked at, nor its amount where it draws one.
    package var order: Order
    package var mode: Mode
    /// Whether it waits for an operator once it is accepted.
    package var isHeld: Bool
    /// Whether its gift pack carries an amount, which is drawn from those at hand.
    package var hasAmount: Bool

    package init(order: Order, mode: Mode, isHeld: Bool = false, hasAmount: Bool = false) {
        self.order = order
        self.mode = mode
        self.isHeld = isHeld
        self.hasAmount = hasAmount
    }
}

/// Of what a person has had enough.
package enum Quota: UInt8, Sendable, CaseIterable {
    /// Orders in the campaign.
    case person
    /// Orders of one gift pack.
    case gift
    /// Orders on one day.
    case day
}

/// What the script decided of a claim.
package enum ClaimDecision: Sendable, Equatable {
    /// With the amount that its order carries, as drawn or as it was asked for.
    case accepted(OrderID, amount: UInt32)
    /// The coupon has this order already; `inOutbox` while Kafka has not acknowledged it.
    case stored(Order, inOutbox: Bool)
    /// The shard has no stock of the gift at hand; the campaign's pool may have.
    case noStock
    /// The outbox has reached its maximum: try again later.
    case outboxFull
    /// Looked up, and there is none.
    case notStored
    case overQuota(Quota)
}
