/// One accepted claim, complete: whatever is needed to deliver it or to rebuild its copy elsewhere.
///
/// Catalog entries are named by their frozen slots; times are Unix milliseconds.
package struct Order: Sendable, Equatable {
    package var id: OrderID
    /// The coupon's serial number.
    package var coupon: UInt64
    package var user: UInt64
    /// Slot of the gift pack.
    package var gift: UInt16
    /// Slot of the region within the gift's game.
    package var region: UInt16
    package var role: UInt64
    /// How many times the gift's items are granted; 1 for fixed packs.
    package var amount: UInt32
    package var claimedAtMs: Int64
    /// After this moment no attempt is begun; an order not yet sent expires.
    package var deadlineMs: Int64
    /// The epoch (see DESIGN "the run") in which the claim was accepted.
    package var epoch: UInt16
    /// Attempts made so far, as far as this copy of the record knows.
    package var attempt: UInt16
    /// No attempt before this moment; 0 when it may go at once.
    package var notBeforeMs: Int64
    /// An operator sends it again: a redriven order, one of a resend plan, or one settled by hand as not
    /// granted. Such orders have a share of their game's limit of their own.
    package var isResend: Bool

    package init(
        id: OrderID, coupon: UInt64, user: UInt64, gift: UInt16, region: UInt16, role: UInt64,
        amount: UInt32 = 1, claimedAtMs: Int64, deadlineMs: Int64, epoch: UInt16 = 1, attempt: UInt16 = 0,
        notBeforeMs: Int64 = 0, isResend: Bool = false
    ) {
        self.id = id
        self.coupon = coupon
        self.user = user
        self.gift = gift
        self.region = region
        self.role = role
        self.amount = amount
        self.claimedAtMs = claimedAtMs
        self.deadlineMs = deadlineMs
        self.epoch = epoch
        self.attempt = attempt
        self.notBeforeMs = notBeforeMs
        self.isResend = isResend
    }
}
