import Bench
import Catalog
import Kafka
import Logging
import NIOCore
import NIOPosix
import OrderLog
import OrderStore
import Orders
import Redis
import Stack
import Synchronization
import Wire

/// Queues accepted orders the way Claim does: decided by the claim script in Redis, written to Kafka and
/// confirmed; one claim a person.
///
/// `@unchecked Sendable`: one task uses it; the child tasks of a round touch the store only, which hops to
/// its loop.
final class OrderQueue: @unchecked Sendable {
    /// People a shard and round, about; their spread stays below what a batch takes.
    private static let peopleAShard = 180
    private static let leaseMs: Int64 = 3_600_000
    private static let lifeMs: Int64 = 172_800_000
    /// Records on their way to Kafka at most.
    private static let mostUnacknowledged = 50_000
    private static let lingerMs = 20

    /// Of librdkafka, which warns of every broker as old as the local one.
    private static let logger: Logger = {
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        return logger
    }()

    /// Reports of the producer, counted on its loop and read by the filler.
    private final class Acks: Sendable {
        let good = Atomic<Int>(0)
        let bad = Atomic<Int>(0)
    }

    private let house: DeliverHouse
    private let router: RedisRouter
    private let store: OrderStore
    private let producer: KafkaProducer
    private let acks: Acks
    private let topics: [String]
    private var lane: UInt32 = 0
    private var next: [UInt32]
    private var credits: [[StockCredit]] = []
    private var claimed = 0
    private var produced = 0

    private var catalog: Catalog { house.campaign.catalog }

    private init(_ house: DeliverHouse) async throws {
        self.house = house
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        var options = RedisOptions()
        options.commandTimeout = .seconds(60)
        router = RedisRouter(try RedisTarget(url: house.redis.url), loop: loop, options: options)
        let storage = house.campaign.catalog.campaign.storage
        store = OrderStore(
            redis: router,
            keys: StoreKeys(
                campaign: DeliverCampaign.id, shards: storage.shards, buckets: storage.claimBuckets))
        next = Array(repeating: 0, count: storage.shards)
        let names = Topics(campaign: DeliverCampaign.id)
        topics = house.campaign.catalog.games.map { names.orders(game: $0.id) }
        let acks = Acks()
        self.acks = acks
        let reporter: @Sendable ([DeliveryReport]) -> Void = { reports in
            let good = reports.count { $0.failure == nil }
            acks.good.add(good, ordering: .relaxed)
            acks.bad.add(reports.count - good, ordering: .relaxed)
        }
        var kafka = KafkaClientOptions(bootstrap: house.kafka.bootstrap)
        kafka.lingerMs = Self.lingerMs
        kafka.messageTimeoutMs = 60_000
        producer = try KafkaProducer(
            options: kafka,
            reporters: [(loop, reporter)], logger: Self.logger)
        try await router.ready(within: .seconds(10))
    }

    /// Opens the campaign and queues so many orders of each game, mixed; how long that took, in seconds.
    ///
    /// - Throws: where one was not accepted, or the broker has dropped one.
    @discardableResult
    static func fill(_ house: DeliverHouse, orders: [Int]) async throws -> Double {
        let started = ContinuousClock.now
        let queue = try await OrderQueue(house)
        let result: Result<Void, any Error>
        do { result = .success(try await queue.fill(orders)) } catch { result = .failure(error) }
        _ = await queue.producer.close(deadlineMs: 10_000)
        await queue.router.shutDown()
        try result.get()
        return (ContinuousClock.now - started) / .seconds(1)
    }

    private func fill(_ orders: [Int]) async throws {
        try await open(most: orders.max() ?? 0)
        let total = orders.reduce(0, +)
        var left = orders
        while claimed < total {
            let round = min(total - claimed, Self.peopleAShard * next.count)
            var shards = [[Order]](repeating: [], count: next.count)
            for index in claimed..<claimed + round {
                let order = order(index, game: Self.draw(&left, orders))
                shards[Int(store.keys.shard(user: order.user))].append(order)
            }
            try await send(shards)
            claimed += round
        }
        while try acknowledged() < produced { try await Task.sleep(for: .milliseconds(5)) }
        try demandKept(total)
    }

    /// The game of the next order: the one that is furthest behind.
    private static func draw(_ left: inout [Int], _ orders: [Int]) -> Int {
        var best = (game: 0, share: -1.0)
        for (game, count) in left.enumerated() where count > 0 {
            let share = Double(count) / Double(orders[game])
            if share > best.share { best = (game, share) }
        }
        left[best.game] -= 1
        return best.game
    }

    private func open(most: Int) async throws {
        let catalog = self.catalog
        try await store.awaiting { store, then in store.markFresh(then: then) }
        try await store.awaiting { store, then in
            store.openFresh(catalog: catalog, laneFloor: 1, then: then)
        }
        let standing: Standing = try await store.awaiting { store, then in store.standing(then: then) }
        guard case .open(let epoch) = standing else { throw StackFailure("the campaign is \(standing)") }
        store.epoch = epoch
        lane = try await store.awaiting { store, then in
            store.acquireLane(owner: DeliverStage.seed, leaseMs: Self.leaseMs, then: then)
        }
        for shard in 0..<next.count {
            var drawn: [StockCredit] = []
            for gift in catalog.gifts {
                let stock: DrawnStock = try await store.awaiting { store, then in
                    store.draw(
                        gift: gift, shard: UInt16(shard), wanted: most * 2 / self.next.count + 1000,
                        creditedEver: 0, then: then)
                }
                drawn.append(stock.credit(gift: gift.slot))
            }
            credits.append(drawn)
        }
    }

    private func order(_ index: Int, game: Int) -> Order {
        let user = 1_000_000_000 + UInt64(index)
        let nowMs = Int64(DeliverStage.now * 1000)
        return Order(
            id: OrderID(rawValue: 0), coupon: splitMix64(DeliverStage.seed &+ UInt64(index)), user: user,
            gift: UInt16(game), region: 0, role: 100_000 + UInt64(index) * 16, claimedAtMs: nowMs,
            deadlineMs: nowMs + Self.lifeMs, epoch: store.epoch)
    }

    /// One batch to each shard, all under way at once; then Kafka; then the states.
    private func send(_ shards: [[Order]]) async throws {
        let (store, lane) = (store, lane)
        let accepted = try await withThrowingTaskGroup(of: (UInt16, [Order]).self) { group in
            for (shard, claims) in shards.enumerated() where !claims.isEmpty {
                guard claims.count <= OrderStore.maxBatch else { throw StackFailure("a batch is too long") }
                let (first, credits) = (next[shard], credits[shard])
                next[shard] += UInt32(claims.count)
                self.credits[shard] = []
                group.addTask {
                    let shard = UInt16(shard)
                    let orders = try await store.accept(
                        claims, shard: shard, lane: lane, first: first, credits: credits)
                    return (shard, orders)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for (_, orders) in accepted { for order in orders { try await produce(order) } }
        for (shard, orders) in accepted {
            let confirmed: Int = try await store.awaiting { store, then in
                store.confirm(shard: shard, orders: orders.map(\.id), then: then)
            }
            guard confirmed == orders.count else { throw StackFailure("\(confirmed) orders were confirmed") }
        }
    }

    private func produce(_ order: Order) async throws {
        while try produced - acknowledged() >= Self.mostUnacknowledged {
            try await Task.sleep(for: .milliseconds(2))
        }
        try producer.produce(
            topic: topics[Int(order.gift)], key: CrockfordBase32.encode(order.id.rawValue),
            value: OrderRecord.encode(order, catalog), reporter: 0, token: 1)
        produced += 1
    }

    private func acknowledged() throws -> Int {
        let failed = acks.bad.load(ordering: .relaxed)
        guard failed == 0 else { throw StackFailure("\(failed) orders did not reach Kafka") }
        return acks.good.load(ordering: .relaxed)
    }

    /// The local broker drops the oldest silently where a partition is full.
    private func demandKept(_ total: Int) throws {
        let reader = try KafkaReader(
            options: KafkaClientOptions(bootstrap: house.kafka.bootstrap), logger: Self.logger)
        var kept: Int64 = 0
        for topic in topics {
            for (partition, range) in try TopicScan.ranges(topic, reader: reader) {
                guard range.lowerBound == 0 else {
                    throw StackFailure("the broker has dropped orders of \(partition)")
                }
                kept += range.upperBound
            }
        }
        guard kept >= Int64(total) else { throw StackFailure("\(kept) of \(total) orders are in Kafka") }
    }
}
