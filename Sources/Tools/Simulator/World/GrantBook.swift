import Orders

/// Everything that one game has been asked to grant, by order.
struct GrantBook: Sendable {
    struct Entry: Sendable, Equatable {
        let gift: UInt16
        let user: UInt64
        /// Requests that reached the game, whatever it answered.
        var requests = 0
        /// Times the gift was really given; more than once is the fault that must never be.
        var grants = 0
        /// Requests after the first grant; none of these may reach a game that would grant again.
        var afterGrant = 0
        /// Times it was refused for good.
        var rejections = 0
        /// Monotonic ns of the first grant.
        var grantedAtNs: UInt64 = 0
    }

    private(set) var entries: [OrderID: Entry] = [:]
    private(set) var requests = 0
    private(set) var grants = 0
    private(set) var grantedTwice = 0
    private(set) var rejections = 0

    var orders: Int { entries.count }
    /// Requests beyond the first of their order.
    var repeats: Int { requests - entries.count }

    mutating func asked(_ order: OrderID, gift: UInt16, user: UInt64) {
        requests += 1
        var entry = entries[order] ?? Entry(gift: gift, user: user)
        entry.requests += 1
        if entry.grants > 0 { entry.afterGrant += 1 }
        entries[order] = entry
    }

    func isGranted(_ order: OrderID) -> Bool {
        (entries[order]?.grants ?? 0) > 0
    }

    /// - Precondition: the order has been asked for.
    mutating func grant(_ order: OrderID, atNs now: UInt64) {
        guard var entry = entries[order] else { preconditionFailure("a grant without a request") }
        entry.grants += 1
        grants += 1
        if entry.grants == 1 { entry.grantedAtNs = now }
        if entry.grants == 2 { grantedTwice += 1 }
        entries[order] = entry
    }

    mutating func reject(_ order: OrderID) {
        rejections += 1
        entries[order]?.rejections += 1
    }
}
