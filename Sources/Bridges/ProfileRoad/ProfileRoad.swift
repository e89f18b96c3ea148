import Catalog
import NIOCore
import Profiles
import Redis

/// The way to a person's profile, for one event loop: loop-local cache, then Redis, then the games' role
/// services.
///
/// - A person is looked up once at a time, and a game's role service is asked about a person once at a time;
///   whoever asks meanwhile joins.
/// - After the deadline an answer is given with what is there; what is still on its way is kept when it
/// comes.
/// - An answer that must not be believed is none: a damaged value in Redis counts as absent and is written
///   anew, a failed or odd role service leaves its game unknown.
///
/// Owner: `loop`; everything is called on it, completions too, and a completion may come before the call
/// returns. Bounds: `ProfileRoadOptions`.
package final class ProfileRoad {
    package let loop: any EventLoop
    package let options: ProfileRoadOptions
    package internal(set) var counters = ProfileRoadCounters()

    let catalog: Catalog
    let redis: RedisConnection
    let ask: ([RoleQuestion]) -> Void
    private let wallMs: () -> Int64
    let monotonicNs: () -> UInt64
    private let random: () -> UInt64

    private var cache: ProfileCache
    var people: [UInt64: Person] = [:]
    var desk: RoleDesk
    var questions: [UInt64: RoleCall] = [:]
    var nextToken: UInt64 = 0
    private var nextWaiter: UInt64 = 0
    /// People to be read from Redis at the end of this tick.
    var unread: [UInt64] = []
    private var deadlines: CircularBuffer<(atNs: UInt64, user: UInt64, waiter: UInt64)> = []
    private var isTimerSet = false

    /// - Parameters:
    ///   - redis: on the same loop; it need not be ready.
    ///   - ask: carries questions to the role services; each must come back once through `replied`.
    ///   - wallMs: Unix milliseconds.
    ///   - monotonicNs: of deadlines, holds and pauses; nil = the loop's clock.
    ///   - random: any words; they spread the ends of lives.
    package init(
        catalog: Catalog, loop: any EventLoop, redis: RedisConnection, options: ProfileRoadOptions,
        wallMs: @escaping () -> Int64, monotonicNs: (() -> UInt64)? = nil,
        random: @escaping () -> UInt64, ask: @escaping ([RoleQuestion]) -> Void
    ) {
        self.catalog = catalog
        self.loop = loop
        self.redis = redis
        self.options = options
        self.wallMs = wallMs
        self.monotonicNs = monotonicNs ?? { loop.now.uptimeNanoseconds }
        self.random = random
        self.ask = ask
        cache = ProfileCache(maxBytes: options.cacheBytes, lifeMs: options.cacheLifeMs)
        desk = RoleDesk(games: catalog.games.count, options: options)
    }

    /// People whose profiles are being put together.
    package var inProgress: Int { people.count }
    package var cachedPeople: Int { cache.count }

    /// The profile, if the loop-local cache knows all these games.
    package func cached(user: UInt64, games: UInt64) -> Profile? {
        loop.assertInEventLoop()
        guard let profile = young(cache.profile(of: user, nowMs: wallMs())), games & ~profile.known == 0
        else {
            return nil
        }
        counters.cacheHits += 1
        return profile
    }

    /// Finds out what can be found out about a person in these games (bit g = game slot g) in time.
    package func profile(user: UInt64, games: UInt64, then: @escaping (ProfileAnswer) -> Void) {
        if let profile = cached(user: user, games: games) {
            counters.answers += 1
            return then(ProfileAnswer(profile: profile, missing: 0, degraded: false))
        }
        join(user, games: games, isRefresh: false, then: then)
    }

    /// Asks a game's role service although there is an answer, for a claim that the answer would refuse: the
    /// person may have registered since. Where it cannot be asked, the older answer stands in the profile and
    /// the game in `missing`. An answer younger than `holdMs` is not asked for again.
    package func refresh(user: UInt64, game: UInt8, then: @escaping (ProfileAnswer) -> Void) {
        loop.assertInEventLoop()
        join(user, games: 1 << UInt64(game), isRefresh: true, then: then)
    }

    // MARK: - Joining and leaving

    private func join(
        _ user: UInt64, games: UInt64, isRefresh: Bool, then: @escaping (ProfileAnswer) -> Void
    ) {
        let games = games & catalog.allGames
        nextWaiter += 1
        let waiter = Person.Waiter(id: nextWaiter, games: games, isRefresh: isRefresh, then: then)
        if people[user] == nil {
            let cached = young(cache.profile(of: user, nowMs: wallMs()))
            let empty = Profile(user: user, fetchedAtS: nowS)
            guard people.count < options.maxPeople else {
                let answer = ProfileAnswer(profile: cached ?? empty, missing: games, degraded: true)
                return finish(waiter, answer)
            }
            people[user] = Person(profile: cached ?? empty)
            readStored(user)
        }
        people[user]!.waiters.append(waiter)
        setDeadline(user, waiter.id)
        if people[user]!.stage == .asking {
            askFor(user, waiterAt: people[user]!.waiters.count - 1)
            pump()
            settle(user)
        }
    }

    /// The store has been read, or could not be: what is missing is asked for.
    func stored(_ user: UInt64, _ profile: Profile?, isLost: Bool) {
        guard var person = people[user], person.stage == .reading else { return }
        if let profile {
            person.profile = person.profile.filled(from: profile.aged(nowS: nowS, ages: options.ages))
        }
        person.stage = .asking
        person.isStoreLost = isLost
        people[user] = person
        for index in person.waiters.indices { askFor(user, waiterAt: index) }
    }

    private func askFor(_ user: UInt64, waiterAt index: Int) {
        guard var person = people[user] else { return }
        let waiter = person.waiters[index]
        let wanted = waiter.isRefresh ? waiter.games : waiter.games & ~person.profile.known
        var awaits = wanted & person.asked
        for game in Games(wanted & ~person.asked) {
            let bit: UInt64 = 1 << UInt64(game)
            let again = waiter.isRefresh && person.profile.knows(game)
            switch desk.want(RoleCall(user: user, game: game), again: again, nowNs: monotonicNs()) {
            case .queued:
                person.asked |= bit
                person.failed &= ~bit
                awaits |= bit
            case .refused:
                counters.roleRefused += 1
                person.failed |= bit
            case .fresh:
                person.failed &= ~bit
            }
        }
        person.waiters[index].awaits = awaits
        people[user] = person
    }

    /// Answers whoever has all there is; lets the person go when nothing is on its way any more.
    func settle(_ user: UInt64) {
        guard var person = people[user] else { return }
        let done = person.settled()
        if person.stage == .asking, person.asked == 0, person.waiters.isEmpty {
            people[user] = nil
            keep(person)
        } else {
            people[user] = person
        }
        // Last, because a completion may ask again.
        for waiter in done { finish(waiter, person.answer(waiter)) }
    }

    private func finish(_ waiter: Person.Waiter, _ answer: ProfileAnswer) {
        counters.answers += 1
        if answer.degraded { counters.degradedAnswers += 1 }
        waiter.then(answer)
    }

    private func keep(_ person: Person) {
        guard person.profile.known != 0 else { return cache.forget(person.profile.user) }
        // What the store may hold beside it (a vector above all) is looked for again soon, and not
        // overwritten.
        let lifeMs = person.isStoreLost ? options.storelessLifeMs : options.cacheLifeMs
        cache.keep(person.profile, nowMs: wallMs(), lifeMs: lifeMs, jitter: random())
        if person.isNews, !person.isStoreLost { writeStored(person.profile) }
    }

    // MARK: - Time

    var nowS: UInt32 { UInt32(clamping: wallMs() / 1000) }

    private func young(_ profile: Profile?) -> Profile? {
        profile?.aged(nowS: nowS, ages: options.ages)
    }

    /// All deadlines are equally far, so that they end in the order in which they were set.
    private func setDeadline(_ user: UInt64, _ waiter: UInt64) {
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

    /// Answers everybody whose deadline has passed.
    func expire() {
        let nowNs = monotonicNs()
        while let first = deadlines.first, first.atNs <= nowNs {
            deadlines.removeFirst()
            guard let index = people[first.user]?.waiters.firstIndex(where: { $0.id == first.waiter }) else {
                continue
            }
            let waiter = people[first.user]!.waiters.remove(at: index)
            finish(waiter, people[first.user]!.answer(waiter))
        }
    }
}

/// The members of a set of game slots, ascending.
struct Games: Sequence, IteratorProtocol {
    private var rest: UInt64

    init(_ set: UInt64) {
        rest = set
    }

    mutating func next() -> UInt8? {
        guard rest != 0 else { return nil }
        defer { rest &= rest - 1 }
        return UInt8(rest.trailingZeroBitCount)
    }
}
