import Catalog
import HTTPServer
import Kafka
import Logging
import NIOCore
import OrderLog
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
    /// Another one after each edit of the campaign's files.
    private(set) var plan: ClaimPlan
    let redis: RedisRouter
    let store: OrderStore
    let meters: ClaimMeters
    private let gauges: LoopGauges
    private let readiness: ReadinessCheck
    let logger: Logger
    /// What the loop works with beside Redis; set by ``start(_:)``.
    private(set) var tools: Tools?
    private var roadMeters: ProfileRoadMeters

    var door: FrontDoor
    var riskDesk: RiskDesk
    var keeper: LaneKeeper
    var batchers: [ShardBatcher<PendingClaim>]
    var stock: StockRoom<PendingClaim>
    var flights = OrderFlights<ClaimWaiter>()
    var confirms = ConfirmQueue()
    var sweep: OutboxSweep
    var partitions: StickyPartitions

    /// Shards with claims that wait for the end of this tick.
    private var dirty: [UInt16] = []
    private var isFlushScheduled = false
    /// Requests not yet answered.
    var open = 0
    private(set) var isClosing = false
    var isSweeping = false
    var nextSweepNs: UInt64 = 0
    var isAskingPool = false
    var nextPoolWatchNs: UInt64 = 0
    /// Why nothing is taken, as the log was told last.
    var toldReason: LaneKeeper.Reason?
    private var isQueueReady = false
    private var shownMissing: [String]?
    private var ticker: RepeatedTask?

    /// How often deadlines, leases and the outbox are looked at.
    static let tickInterval = TimeAmount.milliseconds(100)

    /// What is made once all loops are.
    struct Tools {
        let producer: KafkaProducer
        let road: ProfileRoad
        /// Asks Kafka for lanes and epochs, off the loop; completes on it. nil: Kafka did not say.
        let readHistory: (@escaping (LaneHistory?) -> Void) -> Void
    }

    init(
        loop: any EventLoop, index: Int, plan: ClaimPlan, redis: RedisRouter, meters: ClaimMeters,
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
        door = FrontDoor(plan.front) { .random(in: .min ... .max) }
        riskDesk = RiskDesk(rules: RiskRules(plan.catalog.campaign.approval))
        let limits = plan.limits
        keeper = LaneKeeper(limits.laneTimes)
        let batcher = ShardBatcher<PendingClaim>(
            maxBatch: OrderStore.maxBatch, maxWaiting: max(limits.maxWaiting, OrderStore.maxBatch))
        batchers = Array(repeating: batcher, count: plan.keys.shards)
        stock = StockRoom(shards: plan.keys.shards, soldOutNs: UInt64(limits.soldOutMs) * 1_000_000)
        partitions = StickyPartitions(
            games: plan.catalog.games.count, partitions: plan.catalog.campaign.storage.ordersPartitions,
            first: .random(in: 0..<1024))
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
        tell(isReady ? .redisUp : .redisDown)
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
        tell(.stop)
        // Redis answers in the order of the commands: behind this one, confirms and the lane's end are
        // through.
        let through = loop.makePromise(of: Void.self)
        redis.settled { through.succeed() }
        return through.futureResult.map { self.redis.close() }
    }

    private func tick() {
        let nowNs = SystemClock.nowNs
        tell(.tick, nowNs: nowNs)
        for waiter in flights.overdue(nowNs: nowNs) { answer(waiter, .problem(.queueSlow), nowNs: nowNs) }
        flushConfirms()
        sweepIfDue(nowNs)
        watchPool(nowNs)
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
        return out
    }

    /// Goes on with an edited catalog: what was frozen is as it was. On the loop.
    func adopt(_ catalog: Catalog) {
        loop.preconditionInEventLoop()
        let rules = RiskRules(catalog.campaign.approval)
        if rules != riskDesk.rules { riskDesk = RiskDesk(rules: rules) }
        plan = plan.with(catalog)
        tools?.road.adopt(catalog)
    }

    // MARK: - Requests

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        var origin: String?
        if let origins = plan.origins, let admitted = origins.admitted(request.header("origin")) {
            if let answer = AllowedOrigins.preflight(request, from: admitted) {
                return responder.respond(answer)
            }
            origin = admitted
        }
        let waiter = ClaimWaiter(responder: responder, origin: origin, startedNs: SystemClock.nowNs)
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
        meters.answered("method-not-allowed", startedNs: waiter.startedNs, nowNs: SystemClock.nowNs)
        if case .request(let responder, let origin) = waiter.way {
            respond(responder, origin, .methodNotAllowed(allowed))
        }
    }

    /// Answers somebody; each exactly once. `nowNs`: where the clock was read already.
    func answer(_ waiter: ClaimWaiter, _ answer: ClaimAnswer, nowNs: UInt64? = nil) {
        open -= 1
        meters.answered(answer, startedNs: waiter.startedNs, nowNs: nowNs ?? SystemClock.nowNs)
        switch waiter.way {
        case .request(let responder, let origin): respond(responder, origin, answer.response(plan.catalog))
        case .caller(let then): then(answer)
        }
    }

    private func respond(_ responder: HTTPResponder, _ origin: String?, _ response: HTTPResponse) {
        responder.respond(origin.map { AllowedOrigins.show(response, to: $0) } ?? response)
    }

    // MARK: - Batches

    /// Puts a claim into its shard's batch, which leaves at the end of this tick.
    func enqueue(_ claim: PendingClaim) {
        // Whether the lease still lasts is asked when the batch leaves.
        guard case .open = keeper.state else { return refuse([claim], .noLane) }
        let isFirst = batchers[Int(claim.shard)].waitingCount == 0
        guard batchers[Int(claim.shard)].add(claim) else { return refuse([claim], .overloaded) }
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
        let nowNs = SystemClock.nowNs
        let shards = dirty
        dirty.removeAll(keepingCapacity: true)
        for shard in shards { pump(shard, nowNs: nowNs) }
    }

    /// Everybody who waits for a batch or for stock is told why not.
    func failWaiting(_ problem: ClaimProblem) {
        for shard in batchers.indices { refuse(batchers[shard].pause(), problem) }
        refuse(stock.releaseAll(), problem)
    }
}
