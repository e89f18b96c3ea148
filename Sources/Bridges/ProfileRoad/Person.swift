import Profiles

/// One person whose profile is being put together: what is known by now, what is on its way, who waits.
struct Person {
    struct Waiter {
        let id: UInt64
        /// The games asked for.
        let games: UInt64
        /// True = asked although there are answers.
        let isRefresh: Bool
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
    /// The store could not be read: nothing is written back over what it may hold.
    var isStoreLost = false
    /// There is something the store does not have.
    var isNews = false
    var waiters: [Waiter] = []

    init(profile: Profile) {
        self.profile = profile
    }

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
        var missing = waiter.games & ~profile.known
        if waiter.isRefresh { missing |= waiter.games & (asked | failed) }
        let degraded = missing != 0 || isStoreLost || stage == .reading
        return ProfileAnswer(profile: profile, missing: missing, degraded: degraded)
    }

    /// Whether anybody still waits for this game's answer.
    func wants(_ game: UInt8) -> Bool {
        waiters.contains { $0.awaits & (1 << UInt64(game)) != 0 }
    }
}
