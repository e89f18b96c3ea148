import CRdKafka
import Kafka
import Testing

/// Errors that the broker answers with: API keys and codes are Kafka's own.
@Suite(.timeLimit(.minutes(1))) struct BrokerErrorTests {
    private static let produce: Int16 = 0
    private static let offsetCommit: Int16 = 8

    @Test func aProduceThatTheBrokerPutsOffIsMadeAgain() async throws {
        let cluster = try Fixture.cluster(["orders": 1])
        let sender = try Sender(cluster)
        cluster.failNext(
            apiKey: Self.produce,
            codes: [
                RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS.rawValue, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT.rawValue,
            ])
        try sender.send(1, to: "orders")
        #expect(try await sender.reports(1).first?.failure == nil)
        #expect(try Fixture.reader(cluster).bounds(.orders(0)).high == 1)
        await sender.producer.close(deadlineMs: 5000)
    }

    @Test func aProduceThatTheBrokerRefusesFailsForGood() async throws {
        let cluster = try Fixture.cluster(["orders": 1])
        let sender = try Sender(cluster)
        cluster.failNext(
            apiKey: Self.produce, codes: [RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED.rawValue])
        try sender.send(1, to: "orders")
        let failure = try #require(try await sender.reports(1).first?.failure)
        #expect(failure.code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED.rawValue)
        #expect(!failure.isRetriable)
        #expect(failure.name == "TOPIC_AUTHORIZATION_FAILED")
        await sender.producer.close(deadlineMs: 5000)
    }

    @Test func aCommitIsRetriedUntilItStands() async throws {
        let cluster = try Fixture.cluster(["orders": 1])
        try await Fixture.fill(cluster, "orders", partition: 0, count: 10)
        let member = try Member(cluster, group: "g")
        _ = try await member.assignment()
        cluster.failNext(
            apiKey: Self.offsetCommit,
            codes: Array(repeating: RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS.rawValue, count: 3))
        try await member.commit(.orders(0), 4)
        let reader = try Fixture.reader(cluster)
        while try reader.committed(group: "g", [.orders(0)]) != [.orders(0): 4] { await Task.yield() }
        #expect(await member.consumer.close(deadlineMs: 5000))
    }

    @Test func aCommitThatIsRefusedIsTold() async throws {
        let cluster = try Fixture.cluster(["orders": 1])
        let member = try Member(cluster, group: "g")
        _ = try await member.assignment()
        cluster.failNext(
            apiKey: Self.offsetCommit, codes: [RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED.rawValue])
        try await member.commit(.orders(0), 4)
        let failure = try await member.events.next { event -> KafkaFailure? in
            guard case .failure(let failure) = event else { return nil }
            return failure
        }
        #expect(failure.code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED.rawValue)
        #expect(!failure.isRetriable)
        #expect(await member.consumer.close(deadlineMs: 5000))
    }
}
