import Kafka
import Testing

@Suite(.timeLimit(.minutes(1))) struct KafkaAdminTests {
    @Test func topicsThatAreThereAreFine() throws {
        let cluster = try Fixture.cluster(["a": 3, "b": 1])
        let topics = [
            TopicSpec(name: "a", partitions: 3, replication: 1),
            TopicSpec(name: "b", partitions: 1, replication: 1),
        ]
        try KafkaAdmin.ensureTopics(
            topics, options: Fixture.options(cluster), timeoutMs: 10_000, logger: Fixture.logger)
    }

    @Test func tooFewPartitionsAreAnError() throws {
        let cluster = try Fixture.cluster(["a": 3])
        let failure = #expect(throws: KafkaFailure.self) {
            try KafkaAdmin.ensureTopics(
                [TopicSpec(name: "a", partitions: 4, replication: 1)], options: Fixture.options(cluster),
                timeoutMs: 10_000, logger: Fixture.logger)
        }
        #expect(failure?.message.contains("needs 4") == true)
    }

    @Test("a cluster that cannot create topics: what is missing is an error, and stays missing")
    func missing() throws {
        let cluster = try Fixture.cluster(["a": 3])
        let failure = #expect(throws: KafkaFailure.self) {
            try KafkaAdmin.ensureTopics(
                [TopicSpec(name: "b", partitions: 4, replication: 1)], options: Fixture.options(cluster),
                timeoutMs: 1000, logger: Fixture.logger)
        }
        #expect(failure?.message.contains("b") == true)
        #expect(try Fixture.reader(cluster).partitions("b") == 0)
    }
}
