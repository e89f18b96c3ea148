import CRdKafka
import Kafka
import Testing

@Suite(.timeLimit(.minutes(2))) struct KafkaReaderTests {
    @Test func rangesAndBounds() async throws {
        let cluster = try Fixture.cluster(["orders": 2])
        try await Fixture.fill(cluster, "orders", partition: 0, count: 1000)
        try await Fixture.fill(cluster, "orders", partition: 1, count: 10)
        let reader = try Fixture.reader(cluster)
        #expect(try reader.partitions("orders") == 2)
        #expect(try reader.bounds(.orders(0)) == (0, 1000))

        var seen: [TopicPartition: [Int64]] = [:]
        // The second range ends beyond the log: the log's end is the end.
        try reader.read([.orders(0): 250..<750, .orders(1): 4..<99]) { partition, record in
            #expect(String(decoding: record.value, as: UTF8.self) == String(record.offset))
            seen[partition, default: []].append(record.offset)
        }
        #expect(seen == [.orders(0): Array(250..<750), .orders(1): Array(4..<10)])

        // The same reader again, and nothing of the first reading is left in it.
        seen = [:]
        try reader.read([.orders(0): 0..<3, .orders(1): 5..<5]) { partition, record in
            seen[partition, default: []].append(record.offset)
        }
        #expect(seen == [.orders(0): [0, 1, 2]])
    }

    @Test func anUnknownTopicIsNotMadeByAskingForIt() throws {
        let cluster = try Fixture.cluster(["orders": 2])
        let reader = try Fixture.reader(cluster)
        #expect(try reader.partitions("gone") == 0)
        #expect(try reader.partitions("gone") == 0)
    }

    @Test func offsetsOfAGroupWithoutMembers() async throws {
        let cluster = try Fixture.cluster(["orders": 2])
        try await Fixture.fill(cluster, "orders", partition: 0, count: 10)
        let reader = try Fixture.reader(cluster)
        #expect(try reader.committed(group: "g", [.orders(0), .orders(1)]).isEmpty)
        try reader.commit(group: "g", [.orders(0): 7])
        #expect(try reader.committed(group: "g", [.orders(0), .orders(1)]) == [.orders(0): 7])
        #expect(try reader.committed(group: "other", [.orders(0)]).isEmpty)

        let member = try Member(cluster, group: "g")
        _ = try await member.assignment()
        try await member.grant(.orders(0), 10)
        #expect(try await member.records(3).map(\.1.offset) == [7, 8, 9])

        // While it has a member, its offsets are the member's.
        let refused = #expect(throws: KafkaFailure.self) {
            try reader.commit(group: "g", [.orders(0): 2])
        }
        #expect(refused?.code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID.rawValue)
        #expect(await member.consumer.close(deadlineMs: 10_000))

        // The in-memory cluster needs a visit even now that the group is empty.
        try reader.commit(group: "g", [.orders(0): 9], joining: true)
        #expect(try reader.committed(group: "g", [.orders(0)]) == [.orders(0): 9])
    }

    @Test func aBrokerThatIsDownIsAnError() throws {
        let cluster = try Fixture.process(["orders": 1])
        let reader = try KafkaReader(
            options: Fixture.options(cluster), timeoutMs: 300, logger: Fixture.logger)
        try cluster.setDown()
        let failure = #expect(throws: KafkaFailure.self) {
            try reader.read([.orders(0): 0..<1]) { _, _ in }
        }
        #expect(failure?.isRetriable == true)
        #expect(throws: KafkaFailure.self) { try reader.bounds(.orders(0)) }
        #expect(throws: KafkaFailure.self) { try reader.committed(group: "g", [.orders(0)]) }
    }
}
