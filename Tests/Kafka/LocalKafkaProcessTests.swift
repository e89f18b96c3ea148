import Kafka
import Stack
import Testing

/// The `local-kafka` program, as a child process.
@Suite(.timeLimit(.minutes(1))) struct LocalKafkaProcessTests {
    private static func broker() throws -> LocalKafkaServer {
        let run = try RunDirectory.claimUnique(prefix: "local-kafka-test")
        return try LocalKafkaServer(in: run, topics: .list([("orders", 3), ("dead", 1)]))
    }

    private static func append(_ count: Int, at bootstrap: String) async throws {
        let probe = Probe<[DeliveryReport]>()
        let producer = try KafkaProducer(
            options: KafkaClientOptions(bootstrap: bootstrap),
            reporters: [(Fixture.loop(), { @Sendable in probe.send($0) })], logger: Fixture.logger)
        for token in 0..<UInt64(count) {
            try producer.produce(
                topic: "orders", partition: 0, key: [], value: [1], reporter: 0, token: token)
        }
        var reports = 0
        while reports < count {
            let batch = try await probe.next()
            #expect(batch.allSatisfy { $0.failure == nil })
            reports += batch.count
        }
        await producer.close(deadlineMs: 5000)
    }

    private static func high(at bootstrap: String) throws -> Int64 {
        try KafkaReader(options: KafkaClientOptions(bootstrap: bootstrap), logger: Fixture.logger)
            .bounds(.orders(0)).high
    }

    @Test func downKeepsTheRecordsAndAWipeDoesNot() async throws {
        let broker = try Self.broker()
        defer { broker.stop() }
        let bootstrap = broker.bootstrap
        try KafkaAdmin.ensureTopics(
            [
                TopicSpec(name: "orders", partitions: 3, replication: 1),
                TopicSpec(name: "dead", partitions: 1, replication: 1),
            ],
            options: KafkaClientOptions(bootstrap: bootstrap), timeoutMs: 10_000, logger: Fixture.logger)
        try await Self.append(5, at: bootstrap)

        #expect(try LoopbackHTTP.post(port: broker.adminPort, "/v1/admin/broker/down").status == 200)
        let reader = try KafkaReader(
            options: KafkaClientOptions(bootstrap: bootstrap), timeoutMs: 300, logger: Fixture.logger)
        #expect(throws: KafkaFailure.self) { try reader.bounds(.orders(0)) }
        #expect(try LoopbackHTTP.post(port: broker.adminPort, "/v1/admin/broker/up").status == 200)
        #expect(try Self.high(at: bootstrap) == 5)

        let wiped = try LoopbackHTTP.post(port: broker.adminPort, "/v1/admin/wipe")
        let now = try LoopbackHTTP.get(port: broker.adminPort, "/v1/admin/broker")
        #expect(wiped == now)
        let fresh = try #require(now.text.split(separator: "\"").first { $0.contains(":") && $0 != ":" })
        #expect(String(fresh) != bootstrap)
        #expect(try Self.high(at: String(fresh)) == 0)
        try await Self.append(1, at: String(fresh))
        #expect(try LoopbackHTTP.get(port: broker.adminPort, "/livez").status == 200)
    }

    @Test func sigtermEndsItInGoodOrder() throws {
        let broker = try Self.broker()
        broker.stop()
        #expect(broker.process.exit == .code(0))
    }
}
