import Profiles

/// What could be found out about a person in time.
package struct ProfileAnswer: Sendable {
    /// With what is known; games in `missing` may be absent from it, or, after `refresh`, be of older
    /// knowledge.
    package let profile: Profile
    /// The games asked for that nobody answered for, bit g = game slot g.
    package let missing: UInt64
    /// True = something is missing, or the store was not read, so that the preference vector may be.
    package let degraded: Bool

    package init(profile: Profile, missing: UInt64, degraded: Bool) {
        self.profile = profile
        self.missing = missing
        self.degraded = degraded
    }
}
