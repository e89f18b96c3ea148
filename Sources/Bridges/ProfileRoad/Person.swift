import Profiles

/// One person whose profile is being put together: what is known by now, what is on its way, who waits.
struct Person {
    struct Waiter {
        let id: UInt64
        /// The games asked for.
        let games: UInt64
        /// Those of them that are asked although there are answers.
        let anew: UInt64
        /// Even if they were answered a moment ago.
        let isAlways: Bool
        /// The games it still needs an answer or a refusal for; set once the store has been read.
        var awaits: UInt64 = 0
        let then: (ProfileAnswer) -> Void
    }

    enum Stage {
        /// The store is being read.
        case reading
        /// It has been, or could not be.
        case asking
    }

    var profile: Profile
    var stage = Stage.reading
    /// Games whose question is queued or put.
    var asked: UInt64 = 0
    /// Games whose last question failed or was refused.
    var failed: UInt64 = 0
    /// Games whose answers came since the person is being worked on: they win over what the store has.
    var answered: UInt64 = 0
    /// The store could not be read: nothing is written back over what it may hold.
    var isStoreLost = false
    /// What the store holds, as far as is known: nothing is written over anything else. Empty = nothing.
    var stored: [UInt8] = []
    /// There is something the store does not have.
    var isNews = false
    var waiters: [Waiter] = []

    init(profile: Profile) {
        self.profile = profile
    }

    /// Nothing is on its way, and nobody waits.
    var isDone: Bool { stage == .asking && asked == 0 && waiters.isEmpty }

    /// Takes out the waiters that have all they can get.
    mutating func settled() -> [Waiter] {
        guard stage == .asking else { return [] }
        let asked = asked
        let done = waiters.filter { $0.awaits & asked == 0 }
        if !done.isEmpty { waiters.removeAll { $0.awaits & asked == 0 } }
        return done
    }

    /// What a waiter is told now.
    func answer(_ waiter: Waiter) -> ProfileAnswer {
        let missing = waiter.games & ~profile.known | waiter.anew & (asked | failed)
        let degraded = missing != 0 || isStoreLost || stage == .reading
        return ProfileAnswer(profile: profile, missing: missing, degraded: degraded)
    }

    /// Those of these games that nobody waits for any more.
    func unwanted(_ games: UInt64) -> UInt64 {
        waiters.reduce(games) { $0 & ~$1.awaits }
    }

    mutating func take(_ answer: GameProfile?, game: UInt8, atS: UInt32, nowS: UInt32, ages: ProfileAges) {
        let bit: UInt64 = 1 << UInt64(game)
        profile = profile.aged(nowS: nowS, ages: ages)
        profile.take(answer, game: game, nowS: atS)
        failed &= ~bit
        answered |= bit
        isNews = true
    }
}
