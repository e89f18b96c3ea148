/// The first level of the ranking: what a person can do about a gift pack, best first.
package enum GiftStanding: UInt8, Sendable, CaseIterable, Comparable {
    /// Registered, with a role, and of the audience.
    case claimable
    /// Nobody could say.
    case unknown
    /// Theirs once they have a role in the game.
    case needsRole
    /// Not theirs: another audience, sold out, not open.
    case closed

    package static func < (left: GiftStanding, right: GiftStanding) -> Bool {
        left.rawValue < right.rawValue
    }
}
