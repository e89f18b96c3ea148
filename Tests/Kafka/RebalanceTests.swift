import Dispatch
import Kafka
import NIOCore
import NIOPosix
import Testing

@Suite(.timeLimit(.minutes(2))) struct RebalanceTests {
    @Test func partitionsAreSharedAndComeBack() async throws {
        let cluster = try Fixture.cluster(["orders": 4])
        for partition in 0..<Int32(4) {
            try await Fixture.fill(cluster, "orders", partition: partition, count: 5)
        }
        let all = (0..<Int32(4)).map { TopicPartition.orders($0) }
        let first = try Member(cluster, group: "g")
        #expect(try await first.assignment() == all)
        for partition in all { try await first.grant(partition, 2) }
        _ = try await first.records(8)
        for partition in all { try await first.commit(partition, 1) }
        // Apache Kafka takes commits until the members have joined again, the in-memory cluster only before.
        let reader = try Fixture.reader(cluster)
        while try all.contains(where: { try reader.committed(group: "g", all)[$0] != 1 }) {
            await Task.yield()
        }

        let second = try Member(cluster, group: "g")
        let revoked = try await first.events.next { event -> [TopicPartition]? in
            guard case .revoked(let partitions) = event else { return nil }
            return partitions
        }
        #expect(Set(revoked) == Set(all))
        let (mine, theirs) = (try await first.assignment(), try await second.assignment())
        #expect(Set(mine + theirs) == Set(all))
        #expect(mine.count == 2 && theirs.count == 2)
        for partition in theirs { try await second.grant(partition, 1) }
        #expect(try await second.records(2).map(\.1.offset) == [1, 1])

        #expect(await second.consumer.close(deadlineMs: 10_000))
        while try await first.assignment() != all {}
        #expect(await first.consumer.close(deadlineMs: 10_000))
    }

    @Test func creditsOfAnEarlierAssignmentAreVoid() async throws {
        let cluster = try Fixture.cluster(["orders": 2])
        for partition in 0..<Int32(2) {
            try await Fixture.fill(cluster, "orders", partition: partition, count: 50)
        }
        // A loop that nobody else needs, since it is held up.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let first = try Member(cluster, group: "g", on: group.next())
        #expect(try await first.assignment().count == 2)

        // The loop stands still while the thread gives everything up and gets its new share; then it grants
        // what it knows: the old assignment.
        let resume = DispatchSemaphore(value: 0)
        let stale = first.loop.submit {
            resume.wait()
            for partition in 0..<Int32(2) { first.consumer.grant(.orders(partition), count: 50) }
        }
        let second = try Member(cluster, group: "g")
        _ = try await second.assignment()
        resume.signal()
        try await stale.get()

        let mine = try await first.assignment()
        #expect(mine.count == 1)
        try await first.grant(mine[0], 3)
        #expect(try await first.records(3).map(\.1.offset) == [0, 1, 2])
        // Had the old credits counted, the next records would have come before this grant's.
        try await first.grant(mine[0], 2)
        #expect(try await first.records(2).map(\.1.offset) == [3, 4])
        #expect(await second.consumer.close(deadlineMs: 10_000))
        #expect(await first.consumer.close(deadlineMs: 10_000))
        try await group.shutdownGracefully()
    }
}
