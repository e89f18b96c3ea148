import CRdKafka
import Glibc
import Kafka
import NIOCore
import Testing

/// The proof of ownership: commits of everything that is assigned, moved or not.
@Suite(.timeLimit(.minutes(2))) struct HeartbeatCommitTests {
    private static let offsetCommit: Int16 = 8
    private static let heartbeat: Int16 = 12

    private static var nowNs: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private struct Proof {
        var sentNs: UInt64
        var backlog: [TopicPartition: PartitionBacklog]
    }

    /// The next proof; every one before it must cover the assignment that was told last, and none may come
    /// without one.
    private static func proof(
        _ member: Member, _ assigned: inout Set<TopicPartition>,
        where isWanted: (Proof) -> Bool = { _ in true }
    ) async throws -> Proof {
        while true {
            switch try await member.events.next() {
            case .assigned(let partitions): assigned = Set(partitions)
            case .revoked: assigned = []
            case .committed(let sentNs, let backlog):
                #expect(!assigned.isEmpty && Set(backlog.keys) == assigned)
                let proof = Proof(sentNs: sentNs, backlog: backlog)
                if isWanted(proof) { return proof }
            default: break
            }
        }
    }

    @Test("partitions without anything to do are committed where they stand, again and again")
    func idle() async throws {
        let cluster = try Fixture.cluster(["orders": 3])
        try await Fixture.fill(cluster, "orders", partition: 1, count: 8)
        let beforeNs = Self.nowNs
        let member = try Member(cluster, group: "g")
        var assigned: Set<TopicPartition> = []
        let first = try await Self.proof(member, &assigned)
        let second = try await Self.proof(member, &assigned)
        #expect(assigned.count == 3)
        #expect(beforeNs < first.sentNs && first.sentNs < second.sentNs && second.sentNs <= Self.nowNs)
        let all = (0..<Int32(3)).map { TopicPartition.orders($0) }
        #expect(
            try Fixture.reader(cluster).committed(group: "g", all)
                == Dictionary(uniqueKeysWithValues: all.map { ($0, 0) }))

        // What is finished shows, and how far the log goes.
        try await member.grant(.orders(1), 8)
        try await member.commit(.orders(1), 5)
        let later = try await Self.proof(member, &assigned) { proof in
            proof.backlog[.orders(1)]?.committed == 5 && proof.backlog[.orders(1)]?.high == 8
        }
        #expect(later.backlog[.orders(1)]?.records == 3)
        #expect(later.backlog[.orders(0)]?.committed == 0)
        #expect(await member.consumer.close(deadlineMs: 10_000))
        #expect(try Fixture.reader(cluster).committed(group: "g", all)[.orders(1)] == 5)
    }

    @Test("what the broker does not take proves nothing")
    func refused() async throws {
        let cluster = try Fixture.cluster(["orders": 2])
        let member = try Member(cluster, group: "g")
        var assigned: Set<TopicPartition> = []
        _ = try await Self.proof(member, &assigned)
        let count = 4
        cluster.failNext(
            apiKey: Self.offsetCommit,
            codes: Array(repeating: RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED.rawValue, count: count))
        // Commits sent before the failures were ordered may have been taken.
        let orderedNs = Self.nowNs
        var proofs = 0
        for _ in 0..<count {
            var isFailed = false
            while !isFailed {
                switch try await member.events.next() {
                case .failure: isFailed = true
                case .committed(let sentNs, _): proofs += sentNs > orderedNs ? 1 : 0
                default: break
                }
            }
        }
        #expect(proofs == 0)
        _ = try await Self.proof(member, &assigned)
        #expect(await member.consumer.close(deadlineMs: 10_000))
    }

    @Test("a member that was put out proves nothing until it is assigned again, and then for the new set")
    func evicted() async throws {
        let cluster = try Fixture.cluster(["orders": 4])
        let first = try Member(cluster, group: "g")
        var mine: Set<TopicPartition> = []
        _ = try await Self.proof(first, &mine)
        #expect(mine.count == 4)
        // The broker says that it does not know the member: what eviction looks like from inside.
        cluster.failNext(
            apiKey: Self.heartbeat,
            codes: Array(repeating: RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID.rawValue, count: 2))
        _ = try await first.events.next { event -> Void? in
            guard case .revoked = event else { return nil }
            return ()
        }
        mine = []
        _ = try await Self.proof(first, &mine)

        // Another member: each proves its own half, and only that.
        let second = try Member(cluster, group: "g")
        var theirs: Set<TopicPartition> = []
        _ = try await Self.proof(second, &theirs)
        _ = try await Self.proof(first, &mine) { $0.backlog.count == 2 }
        #expect(mine.count == 2 && theirs.count == 2 && mine.isDisjoint(with: theirs))
        #expect(await second.consumer.close(deadlineMs: 10_000))
        #expect(await first.consumer.close(deadlineMs: 10_000))
    }
}
