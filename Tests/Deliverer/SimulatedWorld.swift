import CampaignFiles
import Catalog
import HTTPClient
import OrderStore
import Orders
import Pacing
import Wire

@testable import Deliverer

/// Everything around the engine, simulated under one seed: Redis (by the machine's own table), Kafka with its
/// committed offsets, the games, and time. Nothing here waits; time jumps from event to event.
struct SimulatedWorld {
    struct Faults {
        var errors = 0.0
        var drops = 0.0
        var timeouts = 0.0
        var redisLosses = 0.0
        var kafkaFailures = 0.0
        /// Kills of the deliverer, each followed by a new one.
        var crashes = 0
    }

    enum Event {
        case toEngine(generation: Int, (inout DeliveryEngine, Moment) -> Void)
        case tick(generation: Int)
        case crash
    }

    struct Stored {
        var state = OrderState.queued
        var made: UInt16 = 0
        var owner: UInt64 = 0
        var deadlineMs: Int64 = 0
    }

    static let catalog: Catalog = {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        do {
            return try CampaignDirectory.load(
                "\(root)/StaticData/campaigns/spring-festival", allowUnset: true)
        } catch {
            fatalError("\(error)")
        }
    }()
    static let startMs: Int64 = 1_790_000_000_000
    static let startNs: UInt64 = 1_000_000_000_000

    var random: SplitMix64
    var faults: Faults
    var engine: DeliveryEngine
    var generation = 0
    var nowNs = SimulatedWorld.startNs
    var events: [(ns: UInt64, order: Int, event: Event)] = []
    var eventCount = 0
    var store: [OrderID: Stored] = [:]
    /// Records of each partition; offsets are indices.
    var logs: [[[UInt8]]] = []
    var topics: [(topic: String, number: Int32)] = []
    var committed: [Int] = []
    var read: [Int] = []
    var orderOf: [[OrderID]] = []
    var shelved: Set<OrderID> = []
    var credits: [Int: Int] = [:]
    var grants: [OrderID: Int] = [:]
    var arrivals: [UInt8: [UInt64]] = [:]
    var outcomes: [OrderID: [Outcome]] = [:]
    var dead: [OrderID: Int] = [:]
    var violations: [String] = []

    init(seed: UInt64, faults: Faults) {
        random = SplitMix64(seed: seed)
        self.faults = faults
        engine = Self.engine(seed: seed, nowNs: Self.startNs)
    }

    static func engine(seed: UInt64, nowNs: UInt64) -> DeliveryEngine {
        do {
            let pacer = try DeliveryPacer(
                total: PacingLimit(
                    perSecond: catalog.campaign.totalLimit.perSecond, burst: catalog.campaign.totalLimit.burst
                ),
                games: catalog.games.map {
                    DeliveryPacer.Game(
                        limit: try PacingLimit(perSecond: $0.limit.perSecond, burst: $0.limit.burst),
                        maxConcurrency: $0.maxConcurrency)
                }, nowNs: nowNs)
            return DeliveryEngine(
                catalog: catalog, owner: seed, options: EngineOptions(), seed: seed, pacer: pacer)
        } catch {
            fatalError("\(error)")
        }
    }

    var nowMs: Int64 { Self.startMs + Int64((nowNs - Self.startNs) / 1_000_000) }
    var moment: Moment { Moment(ns: nowNs, ms: nowMs) }

    mutating func chance(_ p: Double) -> Bool { Double(random.next() >> 11) / Double(1 << 53) < p }

    mutating func schedule(inMs ms: Double, _ event: Event) {
        eventCount += 1
        events.append((nowNs + UInt64(ms * 1_000_000), eventCount, event))
    }

    /// Puts orders for a game into its topic, four partitions.
    mutating func queue(_ count: Int, game: Game, deadlineMs: Int64 = 48 * 3_600_000) {
        let names = Topics(campaign: Self.catalog.campaign.id)
        let gift = Self.catalog.gifts.first { $0.game == game.slot }!
        let base = addPartitions(names.orders(game: game.id), Self.catalog.campaign.storage.ordersPartitions)
        _ = addPartitions(names.retries(game: game.id), Self.catalog.campaign.storage.retryTiersMs.count)
        for i in 0..<count {
            let id = OrderID(lane: UInt32(game.slot) + 1, shard: 0, sequence: UInt32(i))
            let order = Order(
                id: id, coupon: UInt64(game.slot) << 32 | UInt64(i), user: random.next(), gift: gift.slot,
                region: 0,
                role: 1, claimedAtMs: Self.startMs, deadlineMs: Self.startMs + deadlineMs)
            store[id] = Stored()
            append(base + i % Self.catalog.campaign.storage.ordersPartitions, order)
        }
    }

    mutating func append(_ partition: Int, _ order: Order) {
        logs[partition].append(OrderRecord.encode(order, Self.catalog))
        orderOf[partition].append(order.id)
    }

    private mutating func addPartitions(_ topic: String, _ count: Int) -> Int {
        let base = logs.count
        for number in 0..<count {
            topics.append((topic, Int32(number)))
            logs.append([])
            orderOf.append([])
            committed.append(0)
            read.append(0)
            precondition(engine.partition(topic: topic, number: Int32(number)) == logs.count - 1)
        }
        return base
    }

    /// A new process: fresh memory, the same Kafka and Redis.
    mutating func crash() {
        generation += 1
        engine = Self.engine(seed: random.next(), nowNs: nowNs)
        for (number, name) in topics.enumerated() {
            precondition(engine.partition(topic: name.topic, number: name.number) == number)
            read[number] = committed[number]
            credits[number] = 0
        }
        begin()
    }

    mutating func begin() {
        engine.assigned(Array(logs.indices))
        perform()
        schedule(inMs: 0, .tick(generation: generation))
    }

    /// Runs until nothing is left to happen or the time is over. Returns whether everything was drained.
    mutating func run(untilMs: Int64) -> Bool {
        for i in 0..<faults.crashes {
            schedule(inMs: Double(500 + i * 3_000) + Double(random.next() % 1_000), .crash)
        }
        begin()
        while let index = events.indices.min(by: {
            (events[$0].ns, events[$0].order) < (events[$1].ns, events[$1].order)
        }) {
            let next = events.remove(at: index)
            nowNs = max(nowNs, next.ns)
            if nowMs > Self.startMs + untilMs { return false }
            switch next.event {
            case .crash: crash()
            case .tick(let generation): if generation == self.generation { tick() }
            case .toEngine(let generation, let tell):
                guard generation == self.generation else { continue }
                tell(&engine, moment)
                perform()
                tick()
            }
        }
        return true
    }

    private mutating func tick() {
        while true {
            let next = engine.tick(moment)
            perform()
            switch next {
            case .atOnce: nowNs += 100
            case .at(let ns):
                eventCount += 1
                let isPlanned = events.contains {
                    guard case .tick(let planned) = $0.event else { return false }
                    return planned == generation && $0.ns <= max(ns, nowNs)
                }
                if !isPlanned {
                    events.append((max(ns, nowNs + 1), eventCount, .tick(generation: generation)))
                }
                return
            case .onEvent: return
            }
        }
    }
}
