import NIOCore
import Profiles

/// Answering those who wait, in time, and keeping what has been found out.
extension ProfileRoad {
    /// Answers whoever has all there is; keeps what has been found out; lets the person go when nothing is on
    /// its way any more.
    func settle(_ user: UInt64) {
        guard var person = people[user] else { return }
        // What counted when it was looked up may no longer when the last answer comes.
        person.profile = person.profile.aged(nowS: nowS, ages: options.ages)
        let done = person.settled()
        if person.isDone || (!done.isEmpty && person.isNews) { keep(&person) }
        people[user] = person.isDone ? nil : person
        // Last, because a completion may ask again.
        for waiter in done { finish(waiter, person.answer(waiter)) }
    }

    func finish(_ waiter: Person.Waiter, _ answer: ProfileAnswer) {
        counters.answers += 1
        if answer.degraded { counters.degradedAnswers += 1 }
        waiter.then(answer)
    }

    private func keep(_ person: inout Person) {
        cache(person.profile, isStoreLost: person.isStoreLost)
        guard person.isNews, !person.isStoreLost else { return }
        person.isNews = false
        person.stored = writeStored(person.profile, mine: person.answered, over: person.stored)
    }

    /// Into the loop-local cache, for as long as another process is not likely to know better.
    func cache(_ profile: Profile, isStoreLost: Bool) {
        guard !profile.isEmpty else { return cache.forget(profile.user) }
        var lifeMs = options.cacheLifeMs
        if profile.absences | profile.stale != 0 { lifeMs = min(lifeMs, options.absenceCacheLifeMs) }
        // What the store may hold beside it (a vector above all) is looked for again soon, and not
        // overwritten.
        if isStoreLost { lifeMs = min(lifeMs, options.storelessLifeMs) }
        cache.keep(profile, nowMs: wallMs(), lifeMs: lifeMs, jitter: random())
    }

    // MARK: - Deadlines

    /// All deadlines are equally far, so that they end in the order in which they were set.
    func setDeadline(_ user: UInt64, _ waiter: UInt64) {
        deadlines.append((monotonicNs() + UInt64(options.deadlineMs) * 1_000_000, user, waiter))
        armTimer()
    }

    private func armTimer() {
        guard !isTimerSet, let first = deadlines.first else { return }
        isTimerSet = true
        // At least a millisecond: deadlines of one millisecond are served together.
        let leftNs = max(1_000_000, Int64(clamping: first.atNs) - Int64(clamping: monotonicNs()))
        loop.assumeIsolated().scheduleTask(in: .nanoseconds(leftNs)) {
            self.isTimerSet = false
            self.expire()
            self.armTimer()
        }
    }

    /// Answers everybody whose deadline has passed; questions that nobody waits for any more are not put.
    func expire() {
        let nowNs = monotonicNs()
        while let first = deadlines.first, first.atNs <= nowNs {
            deadlines.removeFirst()
            guard let index = people[first.user]?.waiters.firstIndex(where: { $0.id == first.waiter }) else {
                continue
            }
            var person = people[first.user]!
            let waiter = person.waiters.remove(at: index)
            person.profile = person.profile.aged(nowS: nowS, ages: options.ages)
            let answer = person.answer(waiter)
            let unwanted = person.unwanted(waiter.awaits & person.asked)
            if unwanted != 0 {
                person.asked &= ~exchange.leave(first.user, games: unwanted, road: place)
            }
            // What has come so far need not wait for what has not.
            if person.isNews, person.stage == .asking { keep(&person) }
            people[first.user] = person
            settle(first.user)
            finish(waiter, answer)
        }
    }
}
