import Bench
import Catalog
import Foundation
import Kafka
import Logging
import NIOPosix
import OrderLog
import Orders
import Stack
import Synchronization
import Wire

/// A broker that holds the records of so many orders, as Claim has written them, and an empty Redis.
final class RecordedHouse {
    private static let seed: UInt64 = 20_260_201
    /// Records on their way to Kafka at most.
    private static let mostUnacknowledged = 100_000
    private static let lingerMs = 50
    private static let lane: UInt32 = 1

    let orders: Int
    let campaign: RecordedCampaign
    let redis: RedisServer
    let kafka: LocalKafkaServer
    private let stage: ReconcileStage

    private static let logger: Logger = {
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        return logger
    }()

    init(_ stage: ReconcileStage, orders: Int) async throws {
        self.stage = stage
        self.orders = orders
        campaign = try RecordedCampaign(stage, orders: orders)
        redis = try RedisServer(in: stage.run, name: "redis-\(orders)")
        kafka = try LocalKafkaServer(
            in: stage.run, topics: .campaign(directory: campaign.directory), name: "kafka-\(orders)")
        let began = ContinuousClock.now
        try await fill()
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        stage.say("\(orders) orders recorded in \(Figure.text(seconds)) s")
    }

    var topic: String { Topics(campaign: RecordedCampaign.id).orders(game: campaign.catalog.games[0].id) }

    /// The reconciler's settings; a rebuild need not wait for anybody.
    func settings() throws -> String {
        let path = "\(stage.run.path)/reconciler-\(orders).yaml"
        let text = """
            campaign: \(campaign.directory)
            redis: {url: "\(redis.url)"}
            kafka: {bootstrap: "\(kafka.bootstrap)", message_timeout_ms: 1000}
            claim: {lease: 1s}
            deliverer: {grace_ms: 0}
            rebuild: {settle_wait: 1s}
            reconciler: {work_dir: \(stage.data)/work, reports_dir: \(stage.data)/reports}

            """
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func fill() async throws {
        let counts = Counts()
        var options = KafkaClientOptions(bootstrap: kafka.bootstrap)
        options.lingerMs = Self.lingerMs
        options.messageTimeoutMs = 60_000
        options.queueMaxKiB = 512 << 10
        let reporter: @Sendable ([DeliveryReport]) -> Void = { reports in
            counts.take(reports.count, bad: reports.count { $0.failure != nil })
        }
        let producer = try KafkaProducer(
            options: options, reporters: [(MultiThreadedEventLoopGroup.singleton.next(), reporter)],
            logger: Self.logger)
        let result: Result<Void, any Error>
        do { result = .success(try await produce(producer, counts)) } catch { result = .failure(error) }
        _ = await producer.close(deadlineMs: 10_000)
        try result.get()
        try demandKept()
    }

    private func produce(_ producer: KafkaProducer, _ counts: Counts) async throws {
        let catalog = campaign.catalog
        let storage = catalog.campaign.storage
        let keys = StoreKeys(
            campaign: RecordedCampaign.id, shards: storage.shards, buckets: storage.claimBuckets)
        let (topic, control) = (topic, Topics(campaign: RecordedCampaign.id).control)
        let nowMs = Int64(Date().timeIntervalSince1970 * 1000)
        for record in [
            ControlRecord.epoch(epoch: 1, cause: "the bench", by: "bench", atMs: nowMs),
            .lane(lane: Self.lane, owner: Self.seed, epoch: 1, atMs: nowMs),
        ] {
            try producer.produce(
                topic: control, key: Array("bench".utf8), value: record.encode(), reporter: 0, token: 0)
        }
        var next = [UInt32](repeating: 0, count: storage.shards)
        for index in 0..<orders {
            let user = 1_000_000_000 + UInt64(index)
            let shard = keys.shard(user: user)
            let id = OrderID(lane: Self.lane, shard: shard, sequence: next[Int(shard)])
            next[Int(shard)] += 1
            let order = Order(
                id: id, coupon: splitMix64(Self.seed &+ UInt64(index)), user: user, gift: 0, region: 0,
                role: 100_000 + UInt64(index) * 16, claimedAtMs: nowMs + Int64(index / 96),
                deadlineMs: nowMs + Int64(index / 96) + 172_800_000)
            // Many at a time to a partition, as a claim server under load writes them.
            try producer.produce(
                topic: topic, partition: Int32(index / 1000 % storage.ordersPartitions),
                key: CrockfordBase32.encode(id.rawValue), value: OrderRecord.encode(order, catalog),
                reporter: 0, token: 1)
            while index + 2 - counts.acknowledged.load(ordering: .relaxed) >= Self.mostUnacknowledged {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        while counts.acknowledged.load(ordering: .relaxed) < orders + 2 {
            guard counts.failed.load(ordering: .relaxed) == 0 else { break }
            try await Task.sleep(for: .milliseconds(5))
        }
        let failed = counts.failed.load(ordering: .relaxed)
        guard failed == 0 else { throw StackFailure("\(failed) orders did not reach Kafka") }
    }

    /// The local broker drops the oldest silently where a partition is full.
    private func demandKept() throws {
        let reader = try KafkaReader(
            options: KafkaClientOptions(bootstrap: kafka.bootstrap), logger: Self.logger)
        var kept: Int64 = 0
        for (partition, range) in try TopicScan.ranges(topic, reader: reader) {
            guard range.lowerBound == 0 else {
                throw StackFailure("the broker has dropped orders of \(partition)")
            }
            kept += range.upperBound
        }
        guard kept == Int64(orders) else { throw StackFailure("\(kept) of \(orders) orders are in Kafka") }
    }
}

/// Reports of the producer, counted on its loop and read by the filler.
private final class Counts: Sendable {
    let failed = Atomic<Int>(0)
    let acknowledged = Atomic<Int>(0)

    func take(_ reports: Int, bad: Int) {
        failed.add(bad, ordering: .relaxed)
        acknowledged.add(reports - bad, ordering: .relaxed)
    }
}
