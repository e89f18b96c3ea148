import Profiles

/// What could be found out about a person in time.
package struct ProfileAnswer: Sendable {
    /// With what is known. Games in `missing` may be absent from it, or stale in it, or, after `refresh`, of
    /// older knowledge.
    package let profile: Profile
    /// The games asked for that nobody answered for, bit g = game slot g.
    package let missing: UInt64
    /// True = something is missing, or the store was not read, so that the preference vector may be.
    package let degraded: Bool

    /// Those of `missing` of which something older is in the profile: good for an order to show things in,
    /// and for nothing that somebody is told or given.
    package var stale: UInt64 { missing & profile.stale }

    package init(profile: Profile, missing: UInt64, degraded: Bool) {
        self.profile = profile
        self.missing = missing
        self.degraded = degraded
    }
}
