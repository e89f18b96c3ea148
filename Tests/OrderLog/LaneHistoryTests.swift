import Kafka
import Logging
import NIOCore
import NIOPosix
import OrderLog
import Orders
import Synchronization
import Testing

@Suite("What .control tells of lanes and epochs")
struct LaneHistoryTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let records: [ControlRecord] = [
        .epoch(epoch: 2, cause: "opened", by: "a", atMs: 1),
        .lane(lane: 900, owner: 7, epoch: 2, atMs: 2),
        .lane(lane: 70_000, owner: 7, epoch: 3, atMs: 3),
        .resend(plan: "p", orders: 1, phase: .done, by: "a", reason: "r", atMs: 4),
    ]

    @Test func theHighestOfEach() {
        var history = LaneHistory()
        #expect(history.isEmpty)
        history.take(.epoch(epoch: 1, cause: "opened", by: "a", atMs: 1))
        // Somebody was about to open the campaign for the first time, and nobody has numbered an order.
        #expect(history.isEmpty)
        for record in Self.records { history.take(record) }
        #expect(history == LaneHistory(highestLane: 70_000, highestEpoch: 3, recordedEpoch: 2))
        #expect(!history.isEmpty)
        #expect(!LaneHistory(highestEpoch: 2).isEmpty)
        // A game was paused in an open campaign that had no order yet.
        var paused = LaneHistory(highestEpoch: 1)
        paused.take(.gate(game: "g", isPaused: true, by: "a", reason: "r", atMs: 5))
        #expect(!paused.isEmpty)
    }

    @Test func readFromATopic() async throws {
        let cluster = try LocalCluster(logger: Self.logger)
        let topic = Topics(campaign: "test").control
        let options = KafkaClientOptions(bootstrap: cluster.bootstrap)
        func read() throws -> LaneHistory {
            try LaneHistory.read(
                campaign: "test", options: options, timeoutMs: 10_000, logger: Self.logger)
        }
        // A topic that is not there is not taken for an empty one.
        #expect(throws: KafkaFailure.self) { try read() }
        try cluster.createTopic(topic, partitions: 1)
        #expect(try read() == LaneHistory())

        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let done = loop.makePromise(of: Void.self)
        let left = Mutex(Self.records.count)
        let producer = try KafkaProducer(
            options: options,
            reporters: [
                (
                    loop,
                    { @Sendable reports in
                        let isLast = left.withLock { left in
                            left -= reports.count
                            return left == 0
                        }
                        if isLast { done.succeed() }
                    }
                )
            ], logger: Self.logger)
        for (number, record) in Self.records.enumerated() {
            try producer.produce(
                topic: topic, key: [], value: record.encode(), reporter: 0, token: UInt64(number))
        }
        try await done.futureResult.get()
        #expect(try read() == LaneHistory(highestLane: 70_000, highestEpoch: 3, recordedEpoch: 2))
        _ = await producer.close(deadlineMs: 2_000)
    }
}
