/// How long an answer of a role service counts, and how long it is remembered after that.
package struct ProfileAges: Sendable {
    /// For games in which the person has a role, in seconds.
    package let presentS: UInt32
    /// For games in which the person has none, in seconds; shorter.
    package let absentS: UInt32
    /// Seconds after it was given in which an answer is kept although it no longer counts: something to go by
    /// while nobody can be asked.
    package let staleS: UInt32

    package init(presentS: UInt32, absentS: UInt32, staleS: UInt32 = 7 * 86_400) {
        self.presentS = presentS
        self.absentS = absentS
        self.staleS = staleS
    }
}

/// Of which games something is known of a person, and since when; in sets, bit g = game slot g.
package struct Knowledge: Sendable, Equatable {
    /// The games whose answer counts.
    package var known: UInt64 = 0
    /// Those of `known` in which the person has no role.
    package var absences: UInt64 = 0
    /// The games whose answer has aged out and is still remembered; none of them is in `known`.
    package var stale: UInt64 = 0
    /// When the oldest answer of `known` with a role was given, Unix seconds.
    package var fetchedAtS: UInt32
    /// When the oldest answer of `absences` was given, Unix seconds.
    package var absencesAtS: UInt32
    /// When the oldest answer of `stale` was given, Unix seconds; 0 = there is none. It is never renewed.
    package var staleAtS: UInt32 = 0

    package init(fetchedAtS: UInt32, absencesAtS: UInt32) {
        self.fetchedAtS = fetchedAtS
        self.absencesAtS = absencesAtS
    }

    /// Moves what is too old to count from known to stale, and forgets what is too old even for that. An
    /// answer from the future (a clock set back since) is too old as well. Allocates nothing.
    ///
    /// - Returns: the games forgotten.
    package mutating func age(nowS: UInt32, ages: ProfileAges) -> UInt64 {
        if absences != 0, !Self.counts(absencesAtS, nowS, ages.absentS) {
            makeStale(absences, absencesAtS)
            absences = 0
        }
        if known != absences, !Self.counts(fetchedAtS, nowS, ages.presentS) {
            makeStale(known & ~absences, fetchedAtS)
        }
        guard stale != 0, !Self.counts(staleAtS, nowS, ages.staleS) else { return 0 }
        defer {
            stale = 0
            staleAtS = 0
        }
        return stale
    }

    private mutating func makeStale(_ games: UInt64, _ stampS: UInt32) {
        staleAtS = stale == 0 ? stampS : min(staleAtS, stampS)
        stale |= games
        known &= ~games
    }

    /// Takes the games out of all sets.
    mutating func forget(_ games: UInt64) {
        known &= ~games
        absences &= ~games
        stale &= ~games
        if stale == 0 { staleAtS = 0 }
    }

    /// A stamp up to a minute ahead counts: the clocks of two machines differ that much.
    private static func counts(_ stampS: UInt32, _ nowS: UInt32, _ lifeS: UInt32) -> Bool {
        Int64(nowS) - Int64(stampS) < Int64(lifeS) && Int64(stampS) - Int64(nowS) <= 60
    }
}
