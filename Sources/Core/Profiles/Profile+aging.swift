extension Profile {
    /// Of which games something is known, and since when.
    package var knowledge: Knowledge {
        get {
            var out = Knowledge(fetchedAtS: fetchedAtS, absencesAtS: absencesAtS)
            out.known = known
            out.absences = absences
            out.stale = stale
            out.staleAtS = staleAtS
            return out
        }
        set {
            known = newValue.known
            stale = newValue.stale
            fetchedAtS = newValue.fetchedAtS
            absencesAtS = newValue.absencesAtS
            staleAtS = newValue.staleAtS
        }
    }

    /// With what is too old to count made stale, and what is too old even for that forgotten; the preference
    /// never ages.
    package func aged(nowS: UInt32, ages: ProfileAges) -> Profile {
        var knowledge = knowledge
        let gone = knowledge.age(nowS: nowS, ages: ages)
        var out = self
        out.knowledge = knowledge
        if gone != 0 { out.games.removeAll { gone & (1 << UInt64($0.game)) != 0 } }
        return out
    }

    /// With an answer of a role service taken in: `answer` nil = not registered.
    ///
    /// Call `aged` first: a stamp stands for the oldest answer of its kind, so that what is too old must be
    /// out of the way before newer answers join it.
    package mutating func take(_ answer: GameProfile?, game: UInt8, nowS: UInt32) {
        let bit: UInt64 = 1 << UInt64(game)
        var knowledge = knowledge
        knowledge.forget(bit)
        games.removeAll { $0.game == game }
        if answer?.roles.isEmpty ?? true {
            knowledge.absencesAtS =
                knowledge.absences == 0 ? nowS : min(knowledge.absencesAtS, nowS)
        } else {
            knowledge.fetchedAtS =
                knowledge.known == knowledge.absences ? nowS : min(knowledge.fetchedAtS, nowS)
        }
        knowledge.known |= bit
        self.knowledge = knowledge
        if let answer {
            precondition(answer.game == game, "an answer of another game")
            let place = games.firstIndex { $0.game > game } ?? games.endIndex
            games.insert(answer, at: place)
        }
    }

    /// One profile of this copy of a person's and another, which is the one that everybody shares.
    ///
    /// For each game: what counts before what is stale; of two of a kind the other's, unless the game is in
    /// `mine`. So a copy that is a little older than the shared one takes over what others have found out
    /// since, and adds what they do not know. The vector is the other's if it has one. Call `aged` on both
    /// first.
    ///
    /// - Parameter mine: games whose answers came to this copy just now; they win.
    package func merged(with other: Profile, mine: UInt64 = 0) -> Profile {
        precondition(other.user == user, "profiles of two people")
        let (ours, theirs) = (knowledge, other.knowledge)
        let knownThere = theirs.known & ~(mine & ours.known)
        let knownHere = ours.known & ~knownThere
        let staleThere = theirs.stale & ~(knownHere | knownThere)
        let staleHere = ours.stale & ~(knownHere | knownThere | staleThere)
        var out = self
        out.known = knownHere | knownThere
        out.stale = staleHere | staleThere
        out.fetchedAtS = Self.oldest(
            (ours.fetchedAtS, knownHere & ~ours.absences), (theirs.fetchedAtS, knownThere & ~theirs.absences))
        out.absencesAtS = Self.oldest(
            (ours.absencesAtS, knownHere & ours.absences), (theirs.absencesAtS, knownThere & theirs.absences))
        out.staleAtS =
            out.stale == 0 ? 0 : Self.oldest((ours.staleAtS, staleHere), (theirs.staleAtS, staleThere))
        if !other.preference.isEmpty { out.preference = other.preference }
        let there = knownThere | staleThere
        guard there != 0 else { return out }
        let here = knownHere | staleHere
        out.games.removeAll { here & (1 << UInt64($0.game)) == 0 }
        out.games += other.games.filter { there & (1 << UInt64($0.game)) != 0 }
        out.games.sort { $0.game < $1.game }
        return out
    }

    /// The older stamp of those that stand for any game; the first where none does.
    private static func oldest(
        _ first: (atS: UInt32, games: UInt64), _ second: (atS: UInt32, games: UInt64)
    ) -> UInt32 {
        if second.games == 0 { return first.atS }
        return first.games == 0 ? second.atS : min(first.atS, second.atS)
    }
}
