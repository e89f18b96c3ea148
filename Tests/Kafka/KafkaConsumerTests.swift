import Kafka
import NIOCore
import Testing
import Wire

@Suite(.timeLimit(.minutes(2))) struct KafkaConsumerTests {
    @Test func neverMoreRecordsThanCredits() async throws {
        let cluster = try Fixture.cluster(["orders": 2])
        try await Fixture.fill(cluster, "orders", partition: 0, count: 500)
        try await Fixture.fill(cluster, "orders", partition: 1, count: 500)
        let member = try Member(cluster, group: "g")
        #expect(try await member.assignment() == [.orders(0), .orders(1)])

        var random = SplitMix64(seed: 1)
        var granted: [Int64] = [0, 0]
        var seen: [Int64] = [0, 0]
        while seen[0] + seen[1] < 600 {
            for partition in 0..<2 where granted[partition] < 500 {
                let count = min(Int64.random(in: 1...40, using: &random), 500 - granted[partition])
                granted[partition] += count
                try await member.grant(.orders(Int32(partition)), Int(count))
            }
            // Whatever has been granted comes, in order, and nothing beyond it.
            while seen[0] < granted[0] || seen[1] < granted[1] {
                for (partition, record) in try await member.records(1) {
                    #expect(record.offset == seen[Int(partition.partition)])
                    seen[Int(partition.partition)] += 1
                }
                #expect(seen[0] <= granted[0] && seen[1] <= granted[1])
            }
        }
        #expect(await member.consumer.close(deadlineMs: 5000))
    }

    @Test("promise 7: a partition without credits, its prefetch full, does not hold up another")
    func partitionsDoNotBlockEachOther() async throws {
        let cluster = try Fixture.cluster(["orders": 2])
        // Four times what a consumer prefetches of a partition; random bytes, which do not compress.
        var random = SplitMix64(seed: 2)
        try await Fixture.fill(cluster, "orders", partition: 0, count: 200) { _ in
            (0..<640).flatMap { _ in
                withUnsafeBytes(of: random.next()) { Array($0) }
            }
        }
        try await Fixture.fill(cluster, "orders", partition: 1, count: 1000)
        let member = try Member(cluster, group: "g")
        _ = try await member.assignment()
        try await member.grant(.orders(1), 1000)
        let free = try await member.records(1000)
        #expect(free.allSatisfy { $0.0 == .orders(1) })
        #expect(free.map(\.1.offset) == Array(0..<1000))

        // And the first loses nothing for having waited.
        try await member.grant(.orders(0), 200)
        #expect(try await member.records(200).map(\.1.offset) == Array(0..<200))
        #expect(await member.consumer.close(deadlineMs: 5000))
    }

    @Test func resumesAtTheCommittedOffset() async throws {
        let cluster = try Fixture.cluster(["orders": 1])
        try await Fixture.fill(cluster, "orders", partition: 0, count: 100)
        let first = try Member(cluster, group: "g")
        _ = try await first.assignment()
        try await first.grant(.orders(0), 100)
        #expect(try await first.records(100).count == 100)
        // Committed by the close at the latest.
        try await first.commit(.orders(0), 60)
        #expect(await first.consumer.close(deadlineMs: 10_000))
        #expect(
            try Fixture.reader(cluster).committed(group: "g", [.orders(0)]) == [.orders(0): 60])

        let second = try Member(cluster, group: "g")
        _ = try await second.assignment()
        try await second.grant(.orders(0), 1000)
        #expect(try await second.records(40).map(\.1.offset) == Array(60..<100))
        #expect(await second.consumer.close(deadlineMs: 5000))
    }

    @Test("a consumer killed in mid-work: another takes over at its last commit")
    func takeOver() async throws {
        let cluster = try Fixture.cluster(["orders": 1])
        try await Fixture.fill(cluster, "orders", partition: 0, count: 100)
        var first: Member? = try Member(cluster, group: "g")
        _ = try await first?.assignment()
        try await first?.grant(.orders(0), 100)
        _ = try await first?.records(100)
        try await first?.commit(.orders(0), 30)
        let reader = try Fixture.reader(cluster)
        while try reader.committed(group: "g", [.orders(0)]) != [.orders(0): 30] { await Task.yield() }
        // Dropped without a close: it does not leave the group, the session has to run out.
        first = nil

        let second = try Member(cluster, group: "g")
        while try await second.assignment().isEmpty {}
        try await second.grant(.orders(0), 1)
        #expect(try await second.records(1).map(\.1.offset) == [30])
        #expect(await second.consumer.close(deadlineMs: 5000))
    }

    @Test func aHoleInTheLogIsTold() async throws {
        let cluster = try Fixture.cluster(["orders": 1])
        try Fixture.reader(cluster).commit(group: "g", [.orders(0): 3])
        // More than the in-memory cluster keeps of a partition: the oldest go.
        var random = SplitMix64(seed: 3)
        try await Fixture.fill(cluster, "orders", partition: 0, count: 120) { _ in
            (0..<8000).flatMap { _ in
                withUnsafeBytes(of: random.next()) { Array($0) }
            }
        }
        let low = try Fixture.reader(cluster).bounds(.orders(0)).low
        #expect(low > 3)
        let member = try Member(cluster, group: "g")
        _ = try await member.assignment()
        try await member.grant(.orders(0), 120)
        let hole = try await member.events.next { event -> (Int64, Int64)? in
            if case .records = event { Issue.record("records before the hole was told") }
            guard case .offsetOutOfRange(.orders(0), let expected, let found) = event else { return nil }
            return (expected, found)
        }
        #expect(hole == (3, low))
        #expect(try await member.records(1).first?.1.offset == low)
        #expect(await member.consumer.close(deadlineMs: 5000))
    }

    @Test func brokerGoesAndComesBack() async throws {
        let cluster = try Fixture.process(["orders": 1])
        try await Fixture.fill(cluster, "orders", partition: 0, count: 10)
        let member = try Member(cluster, group: "g")
        _ = try await member.assignment()
        try await member.grant(.orders(0), 10)
        _ = try await member.records(10)
        try await member.commit(.orders(0), 10)
        try cluster.setDown()
        try await member.grant(.orders(0), 10)
        _ = try await member.events.next { event -> Bool? in
            guard case .failure(let failure) = event else { return nil }
            return failure.isRetriable
        }
        try cluster.setUp()
        try await Fixture.fill(cluster, "orders", partition: 0, count: 1)
        // The session may have run out meanwhile; the partition then comes anew, and without credits.
        let record = try await member.events.next { event -> KafkaRecord? in
            switch event {
            case .assigned(let partitions):
                for partition in partitions {
                    _ = member.loop.submit { member.consumer.grant(partition, count: 10) }
                }
                return nil
            case .records(_, let records): return records.first
            default: return nil
            }
        }
        #expect(record.offset == 10)
        #expect(await member.consumer.close(deadlineMs: 5000))
    }

    @Test func closeKeepsItsDeadlineWithoutABroker() async throws {
        let cluster = try Fixture.process(["orders": 1])
        let member = try Member(cluster, group: "g")
        _ = try await member.assignment()
        try cluster.setDown()
        try await member.commit(.orders(0), 1)
        // The time limit of the suite would show a close that waits for the broker.
        await member.consumer.close(deadlineMs: 200)
        try cluster.setUp()
    }
}
