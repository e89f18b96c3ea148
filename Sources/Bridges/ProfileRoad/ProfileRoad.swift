import Catalog
import NIOCore
import Profiles
import Redis

/// The way to a person's profile, for one event loop: loop-local cache, then Redis, then the games' role
/// services.
///
/// - A person is looked up once at a time, and a game's role service is asked about a person once at a time
///   in the process; whoever asks meanwhile joins.
/// - After the deadline an answer is given with what is there; what is still on its way is kept when it
///   comes.
/// - An answer that must not be believed is none: a damaged value in Redis counts as absent and is written
///   anew, a failed or odd role service leaves its game unknown.
/// - An answer that is too old to count is kept as stale, to go by while nobody can be asked. Nothing makes
///   it younger but a new answer.
/// - What others have written to Redis meanwhile is joined with, never written over.
///
/// Owner: `loop`; everything is called on it, completions too, and a completion may come before the call
/// returns. Bounds: `ProfileRoadOptions`.
package final class ProfileRoad {
    package let loop: any EventLoop
    package let options: ProfileRoadOptions
    package internal(set) var counters = ProfileRoadCounters()
    /// Where this road meets the others of the process.
    package let exchange: RoleExchange

    private(set) var catalog: Catalog
    let redis: RedisRouter
    let wallMs: () -> Int64
    let monotonicNs: () -> UInt64
    let random: () -> UInt64

    var cache: ProfileCache
    var flat = FlatProfile()
    var people: [UInt64: Person] = [:]
    private(set) var place = 0
    /// Until when a game's role service is left alone, as far as this road has been told; by game slot.
    var closedUntilNs = [UInt64](repeating: 0, count: 64)
    var nextWaiter: UInt64 = 0
    /// People to be read from Redis at the end of this tick.
    var unread: [UInt64] = []
    var storeHealth: PeerHealth
    var deadlines: CircularBuffer<(atNs: UInt64, user: UInt64, waiter: UInt64)> = []
    var isTimerSet = false

    /// - Parameters:
    ///   - redis: on the same loop; it need not be ready.
    ///   - exchange: shared by all roads of the process.
    ///   - wallMs: Unix milliseconds.
    ///   - monotonicNs: of deadlines, holds and pauses, the same for all roads of an exchange; nil = the
    ///     loop's clock.
    ///   - random: any words; they spread the ends of lives.
    package init(
        catalog: Catalog, loop: any EventLoop, redis: RedisRouter, exchange: RoleExchange,
        options: ProfileRoadOptions, wallMs: @escaping () -> Int64, monotonicNs: (() -> UInt64)? = nil,
        random: @escaping () -> UInt64
    ) {
        loop.assertInEventLoop()
        self.catalog = catalog
        self.loop = loop
        self.redis = redis
        self.exchange = exchange
        self.options = options
        self.wallMs = wallMs
        self.monotonicNs = monotonicNs ?? { loop.now.uptimeNanoseconds }
        self.random = random
        cache = ProfileCache(maxBytes: options.cacheBytes, lifeMs: options.cacheLifeMs)
        storeHealth = PeerHealth(failuresToPause: options.storeFailuresToPause, pauseMs: options.storePauseMs)
        let reach = NIOLoopBound(Reach(road: self), eventLoop: loop)
        place = exchange.attach(catalog) { results in
            if loop.inEventLoop {
                reach.value.road?.took(results)
            } else {
                loop.execute { reach.value.road?.took(results) }
            }
        }
    }

    /// A road with an exchange of its own.
    ///
    /// - Parameter ask: carries questions to the role services, on the loop; each must come back once through
    ///   `replied`.
    package convenience init(
        catalog: Catalog, loop: any EventLoop, redis: RedisRouter, options: ProfileRoadOptions,
        wallMs: @escaping () -> Int64, monotonicNs: (() -> UInt64)? = nil,
        random: @escaping () -> UInt64, ask: @escaping ([RoleQuestion]) -> Void
    ) {
        let ask = NIOLoopBound(ask, eventLoop: loop)
        self.init(
            catalog: catalog, loop: loop, redis: redis,
            exchange: RoleExchange(options: options) { ask.value($0) }, options: options, wallMs: wallMs,
            monotonicNs: monotonicNs, random: random)
    }

    /// The exchange outlives the road.
    private struct Reach {
        weak var road: ProfileRoad?
    }

    /// People whose profiles are being put together.
    package var inProgress: Int { people.count }
    package var cachedPeople: Int { cache.count }
    /// Memory of the loop-local cache.
    package var cachedBytes: Int { cache.bytes }

    /// Goes on with an edited catalog. Games and regions may have been added, none moved or taken away: slots
    /// in what is cached and stored keep their meaning.
    package func adopt(_ catalog: Catalog) {
        loop.assertInEventLoop()
        self.catalog = catalog
        exchange.adopt(catalog)
    }

    /// Takes the replies to questions, in any order; on the loop. For a road with an exchange of its own.
    package func replied(_ replies: [RoleReply]) {
        loop.assertInEventLoop()
        exchange.replied(replies, nowNs: monotonicNs())
    }

    // MARK: - Looking up

    /// The hot path: the profile from the loop-local cache, into room that is used again; allocates nothing.
    ///
    /// - Parameters:
    ///   - games: those that are needed, bit g = game slot g.
    ///   - flat: good only where the answer is not nil.
    /// - Returns: nil = the cache does not do, call `profile`. Otherwise those of `games` that are missing,
    ///   0 as a rule: else their role services are being left alone, so that asking would only say the
    ///   same, and the answer is degraded.
    package func load(user: UInt64, games: UInt64, into flat: inout FlatProfile) -> UInt64? {
        loop.assertInEventLoop()
        let nowMs = wallMs()
        guard cache.load(user: user, nowMs: nowMs, into: &flat) == .young else { return nil }
        flat.age(nowS: Self.seconds(nowMs), ages: options.ages)
        let missing = games & ~flat.known
        if missing != 0 {
            guard isClosed(missing) else { return nil }
            counters.degradedAnswers += 1
        }
        counters.cacheHits += 1
        counters.answers += 1
        return missing
    }

    /// The profile, if the loop-local cache knows all these games.
    package func cached(user: UInt64, games: UInt64) -> Profile? {
        loop.assertInEventLoop()
        let nowMs = wallMs()
        guard cache.load(user: user, nowMs: nowMs, into: &flat) == .young else { return nil }
        flat.age(nowS: Self.seconds(nowMs), ages: options.ages)
        guard games & ~flat.known == 0 else { return nil }
        counters.cacheHits += 1
        return Profile(flat)
    }

    /// Finds out what can be found out about a person in these games (bit g = game slot g) in time.
    package func profile(user: UInt64, games: UInt64, then: @escaping (ProfileAnswer) -> Void) {
        if let missing = load(user: user, games: games & catalog.allGames, into: &flat) {
            return then(ProfileAnswer(profile: Profile(flat), missing: missing, degraded: missing != 0))
        }
        join(user, games: games, anew: 0, always: false, then: then)
    }

    /// Asks a game's role service although there is an answer, because the person may have registered
    /// since: for a claim that the answer would refuse, and for a person who says so. The new answer takes
    /// the older one's place, here and in Redis. Where it cannot be asked, the older answer stands in the
    /// profile and the game in `missing`.
    ///
    /// - Parameters:
    ///   - games: those that the answer is to tell of as well, as `profile` would.
    ///   - always: false = an answer younger than `holdMs`, whoever got it, is not asked for again; true = it
    ///     is: for a caller who limits how often a person may.
    package func refresh(
        user: UInt64, game: UInt8, games: UInt64 = 0, always: Bool = false,
        then: @escaping (ProfileAnswer) -> Void
    ) {
        loop.assertInEventLoop()
        let game: UInt64 = 1 << UInt64(game)
        join(user, games: games | game, anew: game, always: always, then: then)
    }

    // MARK: - Time

    var nowS: UInt32 { Self.seconds(wallMs()) }

    private static func seconds(_ ms: Int64) -> UInt32 { UInt32(clamping: ms / 1000) }

    /// Whether all these games' role services are being left alone.
    private func isClosed(_ games: UInt64) -> Bool {
        let nowNs = monotonicNs()
        return Games(games).allSatisfy { nowNs < closedUntilNs[Int($0)] }
    }
}
