import Catalog
import HTTPServer
import Kafka
import Logging
import NIOCore
import OrderStore
import Orders
import ProfileRoad
import Redis
import ServiceShell
import Telemetry

/// Claims on one event loop: its own Redis connection, lane, batches and stock room; nothing is shared with
/// other loops but the producer. It performs what the value types beside it decide.
///
/// A request's way: ``handle(_:_:)`` → gate → profile → batch → script → Kafka → answer. Nothing on it
/// allocates a task; every continuation is a closure on the loop.
// `@unchecked Sendable`: everything that changes is touched on `loop` only, which every entry asserts:
// requests come in on it, Redis and the profile road complete on it, Kafka's reports are handed over on it,
// and the async methods hop to it.
final class ClaimLoop: HTTPService, @unchecked Sendable {
    let loop: any EventLoop
    /// Place among the process's loops, and the producer's reporter of this loop.
    let index: Int
    let plan: ClaimPlan
    let redis: RedisConnection
    let store: OrderStore
    let meters: ClaimMeters
    private let gauges: LoopGauges
    private let readiness: ReadinessCheck
    let logger: Logger
    /// What the loop works with beside Redis; set by ``start(_:)``.
    private(set) var tools: Tools?
    private var roadMeters: ProfileRoadMeters

    var keeper: LaneKeeper
    var batchers: [ShardBatcher<PendingClaim>]
    var stock: StockRoom<PendingClaim>
    var flights = OrderFlights<ClaimWaiter>()
    var confirms = ConfirmQueue()
    var sweep: OutboxSweep

    /// Shards with claims that wait for the end of this tick.
    private var dirty: [UInt16] = []
    private var isFlushScheduled = false
    /// Requests not yet answered.
    private(set) var open = 0
    private(set) var isClosing = false
    private(set) var isPoolOpen = false
    private var wasPoolOpen = false
    var isSweeping = false
    var nextSweepNs: UInt64 = 0
    private var isQueueReady = false
    private var isOpeningPool = false
    private var shownMissing: [String]?
    private var ticker: RepeatedTask?

    /// How often deadlines, leases and the outbox are looked at.
    static let tickInterval = TimeAmount.milliseconds(100)

    /// What is made once all loops are.
    struct Tools {
        let producer: KafkaProducer
        let road: ProfileRoad
        /// Asks Kafka for the highest lane, off the loop; completes on it. nil: Kafka did not say.
        let readFloor: (@escaping (UInt32?) -> Void) -> Void
    }

    init(
        loop: any EventLoop, index: Int, plan: ClaimPlan, redis: RedisConnection, meters: ClaimMeters,
        readiness: ReadinessCheck, logger: Logger
    ) {
        self.loop = loop
        self.index = index
        self.plan = plan
        self.redis = redis
        self.meters = meters
        self.readiness = readiness
        gauges = LoopGauges(index: index)
        roadMeters = ProfileRoadMeters(loop: index)
        self.logger = logger
        store = OrderStore(redis: redis, keys: plan.keys)
        let limits = plan.limits
        keeper = LaneKeeper(
            leaseNs: UInt64(limits.leaseMs) * 1_000_000, renewNs: UInt64(limits.renewMs) * 1_000_000,
            pauseNs: 500_000_000)
        let batcher = ShardBatcher<PendingClaim>(
            maxBatch: OrderStore.maxBatch, maxWaiting: max(limits.maxWaiting, OrderStore.maxBatch))
        batchers = Array(repeating: batcher, count: plan.keys.shards)
        stock = StockRoom(shards: plan.keys.shards, soldOutNs: UInt64(limits.soldOutMs) * 1_000_000)
        sweep = OutboxSweep(shards: plan.keys.shards, mostOpen: limits.sweepMax)
    }

    // MARK: - Life

    /// Connects to Redis. On the loop.
    func start(_ tools: Tools) {
        loop.preconditionInEventLoop()
        self.tools = tools
        redis.onState = { [weak self] isReady in self?.redisChanged(isReady) }
        redis.start()
        ticker = loop.scheduleRepeatedTask(initialDelay: Self.tickInterval, delay: Self.tickInterval) {
            [weak self] _ in self?.tick()
        }
    }

    /// The topics are there: a lane may be looked for. On the loop.
    func queueIsReady() {
        loop.preconditionInEventLoop()
        isQueueReady = true
        redisChanged(redis.isReady)
    }

    private func redisChanged(_ isReady: Bool) {
        guard isQueueReady else { return }
        perform(keeper.on(isReady ? .redisUp : .redisDown, nowNs: SystemClock.nowNs))
    }

    /// Gives the lane up and ends. What still waits is told to repeat elsewhere; its order, if it has one,
    /// stands.
    func stop() -> EventLoopFuture<Void> {
        loop.preconditionInEventLoop()
        isClosing = true
        ticker?.cancel()
        ticker = nil
        for waiter in flights.releaseAll() { answer(waiter, .problem(.closing)) }
        failWaiting(.closing)
        flushConfirms()
        perform(keeper.on(.stop, nowNs: SystemClock.nowNs))
        // Redis answers in the order of the commands: behind this one, confirms and the lane's end are
        // through.
        let through = loop.makePromise(of: Void.self)
        redis.send(.make("PING")) { _ in through.succeed() }
        return through.futureResult.map { self.redis.close() }
    }

    private func tick() {
        let nowNs = SystemClock.nowNs
        perform(keeper.on(.tick, nowNs: nowNs))
        for waiter in flights.overdue(nowNs: nowNs) { answer(waiter, .problem(.queueSlow)) }
        flushConfirms()
        openPoolIfNeeded(nowNs)
        sweepIfDue(nowNs)
        gauges.show(
            open: open, flights: flights.count, unconfirmed: confirms.count,
            hasLane: keeper.lane(nowNs: nowNs) != nil)
        if let road = tools?.road { roadMeters.show(road) }
        showReadiness()
    }

    private func showReadiness() {
        let missing = missing
        guard missing != shownMissing else { return }
        shownMissing = missing
        readiness.set(missing.isEmpty, missing.isEmpty ? "taking claims" : missing.joined(separator: "; "))
    }

    /// What is missing before this loop takes claims; empty when nothing is.
    var missing: [String] {
        var out = [String]()
        if !isQueueReady { out.append("kafka: the topics are not there yet") }
        if let lane = keeper.missing { out.append(lane) }
        if !isPoolOpen {
            out.append(wasPoolOpen ? "stock: redis has lost the pool" : "stock: the pool is not open")
        }
        return out
    }

    /// Opens the pool once a process. Later it is only looked for: a pool that has vanished under a running
    /// process is to be rebuilt, and until then nothing is sold, for a pool filled anew would be sold
    /// twice.
    func openPoolIfNeeded(_ nowNs: UInt64) {
        guard !isPoolOpen, !isOpeningPool, keeper.lane(nowNs: nowNs) != nil else { return }
        isOpeningPool = true
        if wasPoolOpen {
            redis.send(.make("EXISTS", String(decoding: plan.keys.pool, as: UTF8.self))) { [self] reply in
                poolAnswered(reply.map { $0.integer == 1 })
            }
        } else {
            store.openPool(plan.catalog) { [self] result in poolAnswered(result.map { true }) }
        }
    }

    private func poolAnswered(_ result: Result<Bool, RedisFailure>) {
        isOpeningPool = false
        switch result {
        case .success(let isThere):
            isPoolOpen = isThere
            if isThere { wasPoolOpen = true }
        case .failure(let failure):
            logger.warning("stock pool not opened", metadata: ["error": "\(failure)"])
        }
    }

    /// The lane is open, perhaps on another Redis: is the pool there?
    func lookForPool() {
        isPoolOpen = false
        openPoolIfNeeded(SystemClock.nowNs)
    }

    // MARK: - Requests

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        var waiter = ClaimWaiter(responder: responder, startedNs: SystemClock.nowNs)
        if let origins = plan.origins, let origin = origins.admitted(request.header("origin")) {
            if let answer = AllowedOrigins.preflight(request, from: origin) {
                return responder.respond(answer)
            }
            waiter.origin = origin
        }
        open += 1
        switch (request.path, request.method) {
        case ("/v1/claims", .post):
            claim(request, waiter)
        case ("/v1/claims", _):
            refuseMethod(waiter, allowed: "POST")
        default:
            guard let text = request.pathSegment(after: "/v1/orders/") else {
                return answer(waiter, .problem(.noSuchRoute))
            }
            guard request.method == .get else { return refuseMethod(waiter, allowed: "GET") }
            lookAt(text, request, waiter)
        }
    }

    private func refuseMethod(_ waiter: ClaimWaiter, allowed: String) {
        open -= 1
        meters.answered("method-not-allowed", startedNs: waiter.startedNs)
        respond(waiter, .methodNotAllowed(allowed))
    }

    /// Answers a request; each exactly once.
    func answer(_ waiter: ClaimWaiter, _ answer: ClaimAnswer) {
        open -= 1
        meters.answered(answer.label, startedNs: waiter.startedNs)
        respond(waiter, answer.response(plan.catalog))
    }

    private func respond(_ waiter: ClaimWaiter, _ response: HTTPResponse) {
        waiter.responder.respond(waiter.origin.map { AllowedOrigins.show(response, to: $0) } ?? response)
    }

    // MARK: - Batches

    /// Puts a claim into its shard's batch, which leaves at the end of this tick.
    func enqueue(_ claim: PendingClaim) {
        guard isPoolOpen, keeper.lane(nowNs: SystemClock.nowNs) != nil else {
            return answer(claim.waiter, .problem(.noLane))
        }
        let isFirst = batchers[Int(claim.shard)].waitingCount == 0
        guard batchers[Int(claim.shard)].add(claim) else {
            return answer(claim.waiter, .problem(.overloaded))
        }
        if isFirst { markDirty(claim.shard) }
    }

    /// Lets the shard's batch leave at the end of this tick; behind a batch in flight it leaves when that
    /// one ends.
    func markDirty(_ shard: UInt16) {
        guard !batchers[Int(shard)].isInFlight else { return }
        dirty.append(shard)
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.execute { self.flush() }
    }

    private func flush() {
        isFlushScheduled = false
        let shards = dirty
        dirty.removeAll(keepingCapacity: true)
        for shard in shards { pump(shard) }
    }

    /// Everybody who waits for a batch or for stock is told why not.
    func failWaiting(_ problem: ClaimProblem) {
        for shard in batchers.indices {
            for claim in batchers[shard].pause() { answer(claim.waiter, .problem(problem)) }
        }
        for claim in stock.releaseAll() { answer(claim.waiter, .problem(problem)) }
    }
}
