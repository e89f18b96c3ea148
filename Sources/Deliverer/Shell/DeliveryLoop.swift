import Catalog
import HTTPClient
import Histogram
import Kafka
import Logging
import Metrics
import NIOCore
import OrderStore
import Orders
import Pacing
import Redis
import Telemetry

/// The engine's hands: performs its actions and brings it the events, all on one event loop.
///
/// The loop owns the engine, the Redis connection and every table here. Kafka's and libcurl's threads hand
/// their results over in batches with one `execute` each; what the engine decides in one turn leaves as one
/// Redis script a shard, one hand-over to libcurl, and records straight into librdkafka's queue.
///
/// `@unchecked Sendable`: every stored property is touched on `loop` only, which `turn` and the entry points
/// assert; `start` and `stop` hop there first.
final class DeliveryLoop: @unchecked Sendable {
    /// Starts in one pass, so that a pass stays short for the loop's other work.
    static let maxStartsAPass = 256
    /// How long a start may wait for others at most, and at least where a limit bears no waiting.
    static let paceNs: UInt64 = 6_000_000
    static let shortestPaceNs: UInt64 = 1_000_000
    /// How long states, credits and commits, which nobody waits for, are collected.
    static let collectNs: UInt64 = 40_000_000

    let loop: any EventLoop
    let store: OrderStore
    var request: DeliveryRequest
    let topics: Topics
    let logger: Logger
    var engine: DeliveryEngine

    var producer: KafkaProducer?
    var consumer: KafkaConsumer?
    var client: HTTPClient?

    /// Engine numbers of partitions, and back.
    var numbers: [TopicPartition: Int] = [:]
    var names: [TopicPartition] = []
    /// By engine number, of what is assigned: records behind the commit, as of the last fetch.
    var backlogs: [Int: Int] = [:]
    /// Kafka acknowledgements that a parcel's record still waits for, by token of the producer.
    var writes = WriteTable()
    var beginnings: ShardBatches<AttemptEntry>
    var settlements: ShardBatches<SettleEntry>
    var outgoing: [HTTPClientRequest] = []
    /// Which of a parcel's requests is a query.
    var asking: Set<UInt64> = []
    /// From a permit to the game's answer, a game, in microseconds.
    var latencies: [Histogram<UInt64>]
    var timer: Scheduled<Void>?
    var timerNs: UInt64 = .max
    /// Whether the engine waits for permits, and when it is asked again at the earliest.
    var isPaced = false
    var nextStartNs: UInt64 = 0
    /// By engine number: what the consumer is told next, and when.
    var credits: [Int: Int] = [:]
    var positions: [Int: Int64] = [:]
    var laterNs: UInt64 = 0
    /// A pass follows at the end of this round of the loop.
    var isPassDue = false
    var isPerforming = false
    /// The actions under way; kept for its room.
    var performing: [DeliveryAction] = []
    var isStopping = false
    var meters: DeliveryMeters
    /// Limits and pauses; set before the loop starts.
    var operators: OperatorDesk?
    /// By game: attempts a second, and the last that went wrong.
    var recent: [RecentRate]
    var errors: [DeliveryErrors]
    var statusMeters: StatusMeters
    /// By game: when the log may next be told that it cannot be reached.
    var nextComplaintNs: [UInt64]
    var gaugesAtNs: UInt64 = 0
    var poisonValues: [PoisonRef: [UInt8]] = [:]
    /// By token: games as they were when requests were made that are still under way after an edit.
    var sentUnder: [UInt64: Game] = [:]
    /// Counts edits.
    var edits = 0

    var run = RunGate()
    var runTicker: RepeatedTask?
    var lendTicker: RepeatedTask?
    /// What the log was told last of the run.
    var toldRun: String?
    /// Called on the loop when deliveries may begin, or may not, and why.
    var onRun: ((Bool, String) -> Void)?

    init(
        loop: any EventLoop, store: OrderStore, request: DeliveryRequest, engine: DeliveryEngine,
        logger: Logger
    ) {
        self.loop = loop
        self.store = store
        self.request = request
        self.engine = engine
        self.logger = logger
        topics = Topics(campaign: request.catalog.campaign.id)
        beginnings = ShardBatches(shards: store.keys.shards)
        settlements = ShardBatches(shards: store.keys.shards)
        latencies = request.catalog.games.map { _ in
            Histogram<UInt64>(highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: .two)
        }
        let games = request.catalog.games.map(\.id)
        meters = DeliveryMeters(games: games)
        recent = games.map { _ in RecentRate() }
        errors = games.map { _ in DeliveryErrors() }
        statusMeters = StatusMeters(games: games)
        nextComplaintNs = games.map { _ in 0 }
    }

    static var now: Moment { Moment(ns: SystemClock.nowNs, ms: SystemClock.nowMs) }

    /// Tells the engine something and does what it decides. Sending, and what starts by itself, follows once
    /// for all that this pass of the loop brings: a read from Redis holds many answers, and one hand-over
    /// for all of them is a tenth of the cost of one each.
    func turn(_ tell: (inout DeliveryEngine, Moment) -> Void) {
        loop.assertInEventLoop()
        tell(&engine, Self.now)
        // Something may be answered at once (there is no connection): whoever is at work takes up what
        // follows.
        guard !isPerforming else { return }
        perform()
        guard !isPassDue else { return }
        isPassDue = true
        loop.execute { [self] in
            isPassDue = false
            pass()
        }
    }

    /// Starts what may start now, sends what was collected, and plans the next pass.
    private func pass() {
        let next = startDue()
        isPerforming = true
        flush()
        isPerforming = false
        perform()
        plan(hasCollected ? .atOnce : next)
    }

    /// Lets the engine start what it may. While it waits for the next permit it is not asked more often than
    /// every
    /// ``paceNs``, whatever happens meanwhile: so starts, and all that follows from them, come in small
    /// groups. The limiters bear a caller that is later than that (``BurstSplit``).
    private func startDue() -> DeliveryEngine.NextTick {
        let nowNs = SystemClock.nowNs
        if isPaced, nowNs < nextStartNs { return .at(nextStartNs) }
        var starts = 0
        var next = DeliveryEngine.NextTick.atOnce
        while !isStopping, next == .atOnce, starts < Self.maxStartsAPass {
            next = engine.tick(Self.now)
            starts += 1
            perform()
        }
        // A permit that is far off holds up nothing that an event sets free meanwhile, such as a slot.
        if case .at(let ns) = next { isPaced = ns <= nowNs + Self.paceNs } else { isPaced = false }
        let pauseNs = engine.pacer.sustainedPauseNs * 3 / 5
        nextStartNs = nowNs + min(max(pauseNs, Self.shortestPaceNs), Self.paceNs)
        return next
    }

    private func plan(_ next: DeliveryEngine.NextTick) {
        let nowNs = SystemClock.nowNs
        if hasLater { schedule(atNs: max(laterNs, nowNs)) }
        switch next {
        case .onEvent: return
        case .atOnce: schedule(atNs: nowNs)
        case .at(let ns): schedule(atNs: max(ns, isPaced ? nextStartNs : nowNs))
        }
    }

    /// One timer is armed at a time, for the earliest moment asked for.
    private func schedule(atNs: UInt64) {
        guard !isStopping, atNs < timerNs else { return }
        timer?.cancel()
        timerNs = atNs
        let now = SystemClock.nowNs
        timer = loop.scheduleTask(in: .nanoseconds(Int64(clamping: atNs > now ? atNs - now : 0))) { [self] in
            timerNs = .max
            guard !isPassDue else { return }
            pass()
        }
    }

    /// Does what the engine has decided. Redis work and requests are collected until `flush`.
    private func perform() {
        isPerforming = true
        defer { isPerforming = false }
        while !engine.actions.isEmpty {
            swap(&engine.actions, &performing)
            for action in performing { perform(action) }
            performing.removeAll(keepingCapacity: true)
        }
    }

    private func perform(_ action: DeliveryAction) {
        let nowS = SystemClock.nowMs / 1000
        switch action {
        case .begin(let ref, let entry): beginnings.add(ref, entry, shard: entry.order.id.shard)
        case .settle(let ref, let entry): settlements.add(ref, entry, shard: entry.order.shard)
        case .send(let ref, let order, let game):
            outgoing.append(request.delivery(order, game: game, nowS: nowS, token: ref.token))
        case .ask(let ref, let order, let game):
            guard let query = request.query(order, game: game, nowS: nowS, token: ref.token) else {
                preconditionFailure("the engine asks only games that have a query URL")
            }
            asking.insert(ref.token)
            outgoing.append(query)
        case .record(let ref, let outcome, let dead): record(ref, outcome, dead)
        case .shelve(let ref, let order, let game, let tier): shelve(ref, order, game: game, tier: tier)
        case .bury(let ref, let topic, let partition, let offset, let reason, let value):
            meters.poison.increment()
            logger.error(
                "unreadable record kept in .dead",
                metadata: ["topic": "\(topic)", "offset": "\(offset)", "reason": "\(reason)"])
            bury(
                ref,
                PoisonRecord.encode(
                    topic: topic, partition: partition, offset: offset, reason: reason, value: value))
        case .grant(let partition, let count): credits[partition, default: 0] += count
        case .commit(let partition, let offset): positions[partition] = offset
        case .gamePaused(let game, let reason):
            let id = request.catalog.games[Int(game)].id
            operators?.pause(game: id, reason: reason)
        }
    }

    private var hasCollected: Bool { !beginnings.isEmpty || !outgoing.isEmpty }

    /// States are settled in a good run only; until then the outcomes in Kafka tell.
    private var hasLater: Bool {
        !credits.isEmpty || !positions.isEmpty || (run.isOpen && !settlements.isEmpty)
    }

    /// Sends what was collected.
    private func flush() {
        beginnings.drain { shard, batch in begin(shard, batch) }
        if !outgoing.isEmpty {
            client?.submit(outgoing)
            outgoing.removeAll(keepingCapacity: true)
        }
        let nowNs = SystemClock.nowNs
        guard hasLater, isStopping || nowNs >= laterNs else { return }
        laterNs = nowNs + Self.collectNs
        if run.isOpen { settlements.drain { shard, batch in settle(shard, batch) } }
        tellConsumer()
    }

    /// One message for all partitions. On the loop.
    func tellConsumer() {
        guard !credits.isEmpty || !positions.isEmpty else { return }
        consumer?.work(
            credits: Dictionary(uniqueKeysWithValues: credits.map { (names[$0.key], $0.value) }),
            positions: Dictionary(uniqueKeysWithValues: positions.map { (names[$0.key], $0.value) }))
        credits.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
    }
}
