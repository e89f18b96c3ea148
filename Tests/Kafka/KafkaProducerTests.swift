import CRdKafka
import NIOCore
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(1))) struct KafkaProducerTests {
    @Test func roundTrip() async throws {
        let cluster = try Fixture.cluster(["orders": 3])
        let sender = try Sender(cluster)
        for token in 0..<UInt64(300) {
            let text = Array("order \(token)".utf8)
            try sender.producer.produce(
                topic: "orders", key: text, value: text + [0], reporter: 0, token: token)
        }
        let reports = try await sender.reports(300)
        #expect(reports.allSatisfy { $0.failure == nil && $0.partition >= 0 && $0.offset >= 0 })
        #expect(Set(reports.map(\.token)) == Set(0..<300))
        #expect(await sender.producer.close(deadlineMs: 5000))

        let reader = try Fixture.reader(cluster)
        var places: [UInt64: DeliveryReport] = [:]
        for report in reports { places[report.token] = report }
        let ranges = try Dictionary(
            uniqueKeysWithValues: (0..<Int32(3)).map {
                (TopicPartition.orders($0), 0..<(try reader.bounds(.orders($0)).high))
            })
        var seen = 0
        try reader.read(ranges) { partition, record in
            let token = UInt64(String(decoding: record.key, as: UTF8.self).dropFirst(6)) ?? .max
            #expect(record.value == record.key + [0])
            #expect(places[token]?.partition == partition.partition)
            #expect(places[token]?.offset == record.offset)
            #expect(record.timestampMs > 1_600_000_000_000)
            seen += 1
        }
        #expect(seen == 300)
    }

    @Test func reportsComeToTheirReporterOnItsLoop() async throws {
        let cluster = try Fixture.cluster(["orders": 2])
        let loops = [Fixture.loop(), Fixture.loop()]
        let probe = Probe<(reporter: Int, tokens: [UInt64], onItsLoop: Bool)>()
        let producer = try KafkaProducer(
            options: Fixture.options(cluster),
            reporters: loops.enumerated().map { index, loop in
                (loop, { @Sendable in probe.send((index, $0.map(\.token), loop.inEventLoop)) })
            },
            logger: Fixture.logger)
        for token in 0..<UInt64(200) {
            try producer.produce(
                topic: "orders", key: [UInt8(token)], value: [1], reporter: Int(token % 2),
                token: token << 40)
        }
        var tokens: [[UInt64]] = [[], []]
        while tokens[0].count + tokens[1].count < 200 {
            let batch = try await probe.next()
            #expect(batch.onItsLoop)
            tokens[batch.reporter] += batch.tokens.map { $0 >> 40 }
        }
        #expect(tokens[0].sorted() == stride(from: 0, to: 200, by: 2).map { $0 })
        #expect(tokens[1].sorted() == stride(from: 1, to: 200, by: 2).map { $0 })
        await producer.close(deadlineMs: 5000)
    }

    @Test("a broker that is down: the queue fills, what waits fails by its timeout, and after it all is well")
    func brokerDown() async throws {
        let cluster = try Fixture.process(["orders": 1])
        var options = Fixture.options(cluster)
        options.queueMaxMessages = 10
        options.messageTimeoutMs = 1000
        let sender = try Sender(cluster, options)
        try sender.send(100, to: "orders")
        #expect(try await sender.reports(1).first?.failure == nil)

        try cluster.setDown()
        for token in 0..<UInt64(10) { try sender.send(token, to: "orders") }
        let full = #expect(throws: KafkaFailure.self) { try sender.send(10, to: "orders") }
        #expect(full?.code == RD_KAFKA_RESP_ERR__QUEUE_FULL.rawValue)
        #expect(full?.isRetriable == true)

        let reports = try await sender.reports(10)
        #expect(Set(reports.map(\.token)) == Set(0..<10))
        for report in reports {
            #expect(report.failure?.code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT.rawValue)
            #expect(report.failure?.isRetriable == true)
            #expect(report.failure?.isFatal == false)
        }
        // The way back is found within the reconnect backoff, which is as long as this short timeout.
        try cluster.setUp()
        var token: UInt64 = 11
        try sender.send(token, to: "orders")
        while try await sender.reports(1).first?.failure != nil {
            token += 1
            try sender.send(token, to: "orders")
        }
        await sender.producer.close(deadlineMs: 5000)
    }

    @Test("a producer gone fatal: what is outstanding fails, and a new handle takes over")
    func fatal() async throws {
        let cluster = try Fixture.process(["orders": 1])
        let sender = try Sender(cluster)
        try sender.send(1, to: "orders")
        #expect(try await sender.reports(1).first?.failure == nil)

        try cluster.setDown()
        for token in 2..<UInt64(20) { try sender.send(token, to: "orders") }
        let handle = try #require(sender.producer.core.gate.with { $0.handle })
        rd_kafka_test_fatal_error(
            handle.client.pointer, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "on purpose")
        let reports = try await sender.reports(18)
        #expect(Set(reports.map(\.token)) == Set(2..<20))
        #expect(reports.allSatisfy { $0.failure != nil })

        try cluster.setUp()
        // The replacement may be a moment away: refused until then, and retriable.
        while true {
            do throws(KafkaFailure) {
                try sender.send(20, to: "orders")
                break
            } catch {
                #expect(error.isRetriable)
                await Task.yield()
            }
        }
        let last = try await sender.reports(1)
        #expect(last.map(\.token) == [20])
        #expect(last.first?.failure == nil)
        #expect(sender.producer.renewals == 1)
        await sender.producer.close(deadlineMs: 5000)
    }

    @Test func reconnectGoesOverToAnotherCluster() async throws {
        let old = try Fixture.process(["orders": 1])
        let new = try Fixture.cluster(["orders": 1])
        let sender = try Sender(old)
        try sender.send(1, to: "orders")
        #expect(try await sender.reports(1).first?.failure == nil)
        try old.setDown()
        try sender.send(2, to: "orders")
        sender.producer.reconnect(bootstrap: new.bootstrap)
        let failed = try await sender.reports(1)
        #expect(failed.map(\.token) == [2])
        #expect(failed.first?.failure?.isRetriable == true)

        try sender.send(3, to: "orders")
        #expect(try await sender.reports(1).first?.failure == nil)
        #expect(try Fixture.reader(new).bounds(.orders(0)).high == 1)
        await sender.producer.close(deadlineMs: 5000)
    }

    @Test func closeReportsWhatIsLeft() async throws {
        let cluster = try Fixture.process(["orders": 1])
        let sender = try Sender(cluster)
        try cluster.setDown()
        for token in 0..<UInt64(50) { try sender.send(token, to: "orders") }
        #expect(await sender.producer.close(deadlineMs: 100))
        let reports = try await sender.reports(50)
        #expect(Set(reports.map(\.token)) == Set(0..<50))
        #expect(reports.allSatisfy { $0.failure?.isRetriable == true })
        #expect(throws: KafkaFailure.self) { try sender.send(51, to: "orders") }
        #expect(await sender.producer.close(deadlineMs: 100))
    }

    @Test func settingsThatThePromisesRestOnAreRefused() throws {
        let cluster = try Fixture.cluster([:])
        var options = Fixture.options(cluster)
        options.extra = ["acks": "1"]
        #expect(throws: KafkaFailure.self) { try Sender(cluster, options) }
        options.extra = ["no.such.property": "1"]
        #expect(throws: KafkaFailure.self) { try Sender(cluster, options) }
        options.extra = ["socket.timeout.ms": "10000"]
        #expect(throws: Never.self) { try Sender(cluster, options) }
    }
}
