/// How long an answer of a role service counts.
package struct ProfileAges: Sendable {
    /// For games in which the person has a role, in seconds.
    package let presentS: UInt32
    /// For games in which the person has none, in seconds; shorter.
    package let absentS: UInt32

    package init(presentS: UInt32, absentS: UInt32) {
        self.presentS = presentS
        self.absentS = absentS
    }
}

extension Profile {
    /// Without what is too old to count; the preference stays. An answer from the future (a clock set back
    /// since) is too old as well.
    package func aged(nowS: UInt32, ages: ProfileAges) -> Profile {
        var out = self
        if !Self.counts(absencesAtS, nowS, ages.absentS) { out.forget(absences) }
        if !Self.counts(fetchedAtS, nowS, ages.presentS) { out.forget(known & ~absences) }
        return out
    }

    /// With an answer of a role service taken in: `answer` nil = not registered.
    ///
    /// Call `aged` first: a stamp stands for the oldest answer of its kind, so that what is too old must be
    /// gone before newer answers join it.
    package mutating func take(_ answer: GameProfile?, game: UInt8, nowS: UInt32) {
        let bit: UInt64 = 1 << UInt64(game)
        forget(bit)
        let isAbsence = answer?.roles.isEmpty ?? true
        if isAbsence {
            absencesAtS = absences == 0 ? nowS : min(absencesAtS, nowS)
        } else {
            fetchedAtS = known & ~absences == 0 ? nowS : min(fetchedAtS, nowS)
        }
        known |= bit
        if let answer {
            precondition(answer.game == game, "an answer of another game")
            let place = games.firstIndex { $0.game > game } ?? games.endIndex
            games.insert(answer, at: place)
        }
    }

    /// With what another copy of the person's profile knows and this one does not. Call `aged` on both first.
    package func filled(from other: Profile) -> Profile {
        precondition(other.user == user, "profiles of two people")
        var out = self
        if preference.isEmpty { out.preference = other.preference }
        let news = other.known & ~known
        guard news != 0 else { return out }
        let hasRoles = known & ~absences != 0
        let hasAbsences = absences != 0
        if news & ~other.absences != 0 {
            out.fetchedAtS = hasRoles ? min(fetchedAtS, other.fetchedAtS) : other.fetchedAtS
        }
        if news & other.absences != 0 {
            out.absencesAtS = hasAbsences ? min(absencesAtS, other.absencesAtS) : other.absencesAtS
        }
        out.known |= news
        out.games += other.games.filter { news & (1 << UInt64($0.game)) != 0 }
        out.games.sort { $0.game < $1.game }
        return out
    }

    private mutating func forget(_ set: UInt64) {
        known &= ~set
        games.removeAll { set & (1 << UInt64($0.game)) != 0 }
    }

    /// A stamp up to a minute ahead counts: the clocks of two machines differ that much.
    private static func counts(_ stampS: UInt32, _ nowS: UInt32, _ lifeS: UInt32) -> Bool {
        Int64(nowS) - Int64(stampS) < Int64(lifeS) && Int64(stampS) - Int64(nowS) <= 60
    }
}
