import Catalog
import Orders

/// An order that nobody has claimed, to try a game with.
enum TestOrder {
    /// An ID that no claim ever has: of the lane that is never given out. It is drawn, so that a game which
    /// remembers IDs is not tried with one that it knows.
    static func drawID() -> OrderID {
        let low = UInt32.random(in: .min ... .max)
        return OrderID(rawValue: UInt64(OrderID.testLane) << 32 | UInt64(low))
    }

    static func isTest(_ id: OrderID) -> Bool { id.lane == OrderID.testLane }

    static func order(
        _ id: OrderID, gift: Gift, region: Region, user: UInt64 = 1, role: UInt64 = 1, amount: UInt32 = 1,
        nowMs: Int64
    ) -> Order {
        precondition(isTest(id), "an order that a person may have claimed")
        return Order(
            id: id, coupon: 0, user: user, gift: gift.slot, region: region.slot, role: role, amount: amount,
            claimedAtMs: nowMs, deadlineMs: nowMs + 60_000)
    }
}
