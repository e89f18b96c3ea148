import Bench
import Catalog
import Kafka
import Logging
import NIOCore
import OrderLog
import Orders
import Redis
import Stack

/// A time without Kafka under full load, and what stands twice in the topics afterwards.
struct OutageMeasure {
    /// Load before and after, in seconds.
    private static let aroundSeconds = 3.0
    private static let drainLimit: Duration = .seconds(180)

    let stage: ClaimStage
    let crowd: ClaimCrowd

    func run() async throws -> [ResultRow] {
        let seconds = Double(stage.options.outageSeconds)
        stage.say("\(stage.options.outageSeconds) s without Kafka under load")
        // Impatient people: instead of waiting they make room for others, until the outbox is full.
        let server = try await crowd.server(more: ["answer_deadline: 300ms"])
        defer { server.stop() }
        // Everybody comes again and again: who was told "not now" repeats the claim.
        let load = try PipelinedLoad(
            .init(port: server.port, connections: stage.options.connections, repeats: true), crowd.book)
        let before = try load.run(seconds: Self.aroundSeconds)
        try broker("down", server)
        let during = try load.run(seconds: seconds)
        try broker("up", server)
        let after = try load.run(seconds: Self.aroundSeconds)
        _ = try load.finish()
        let drained = try await drain(server)
        let (records, orders) = try read(server)
        stage.say("  before: \(before.answers); without: \(during.answers); after: \(after.answers)")
        let twins = records - orders
        return [
            ResultRow(
                "twins after \(stage.options.outageSeconds) s without Kafka", ours: Double(twins), unit: "",
                better: .lower,
                note: "\(Figure.text(Double(orders))) orders in the topics; accepted again after "
                    + "\(Figure.text(drained)) s at the latest"),
            ResultRow(
                "answers a second without Kafka", ours: Double(during.total) / during.seconds, unit: "/s",
                better: .higher, note: "503 with Retry-After, and repeats"),
        ]
    }

    private func broker(_ state: String, _ server: ClaimServer) throws {
        let answer = try LoopbackHTTP.post(port: server.kafka.adminPort, "/v1/admin/broker/\(state)")
        guard answer.status == 200 else { throw StackFailure("the broker says \(answer.status)") }
    }

    /// Waits until nothing stands in the outbox; how long that took, in seconds.
    private func drain(_ server: ClaimServer) async throws -> Double {
        let redis = try await BenchRedis(server.redis)
        let storage = crowd.campaign.catalog.campaign.storage
        let keys = StoreKeys(
            campaign: ClaimCampaign.id, shards: storage.shards, buckets: storage.claimBuckets)
        let started = ContinuousClock.now
        let deadline = Deadline(after: Self.drainLimit)
        while true {
            var open = 0
            for shard in 0..<storage.shards {
                let key = String(decoding: keys.outbox(shard: UInt16(shard)), as: UTF8.self)
                open += Int(try await redis.send("HLEN", key).integer ?? 0)
            }
            if open == 0 { break }
            guard !deadline.hasPassed else { throw StackFailure("\(open) orders stay in the outbox") }
            try await Task.sleep(for: .milliseconds(50))
        }
        await redis.close()
        return (ContinuousClock.now - started) / .seconds(1)
    }

    /// Records in all order topics, and distinct orders.
    private func read(_ server: ClaimServer) throws -> (records: Int, orders: Int) {
        let reader = try KafkaReader(
            options: KafkaClientOptions(bootstrap: server.kafka.bootstrap), logger: Logger(label: "bench"))
        var records = 0
        var orders: Set<OrderID> = []
        let topics = Topics(campaign: ClaimCampaign.id)
        for game in crowd.campaign.catalog.games {
            try TopicScan.all(topics.orders(game: game.id), reader: reader) { _, record in
                records += 1
                if let id = OrderID(text: record.key) { orders.insert(id) }
            }
        }
        return (records, orders.count)
    }
}
