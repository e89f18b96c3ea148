import Atomics
import CRdKafka
import Logging
import NIOCore

/// What a consumer's facade, its loop and its thread share.
///
/// `@unchecked Sendable`: `thread` is written in `start`, before the value is shared, and read by the one
/// close that wins `closing`; the rest is constant, atomic or locks for itself.
final class ConsumerCore: @unchecked Sendable {
    /// After the deadline of a close: time to free the handle.
    static let releaseMs: Int64 = 500

    enum Command: Sendable {
        case grant(TopicPartition, count: Int, generation: UInt64)
        case commit(TopicPartition, offset: Int64, generation: UInt64)
        case work(credits: [TopicPartition: Int], positions: [TopicPartition: Int64], generation: UInt64)
        case close(deadlineNs: UInt64)
    }

    /// An event, and the generation that begins with it.
    struct Notice: Sendable {
        let event: KafkaConsumerEvent
        var generation: UInt64?
    }

    let options: KafkaClientOptions
    let logger: Logger
    let mailbox = Mailbox<Command>()
    private let loop: any EventLoop
    private let handler: @Sendable (KafkaConsumerEvent) -> Void
    /// The generation of the last assignment or revocation that the loop has seen. A credit or commit made
    /// on older knowledge carries an older number, and the thread drops it: a partition that went and came
    /// back does not get credits twice.
    private let generation = ManagedAtomic<UInt64>(0)
    private let closing = ManagedAtomic<Bool>(false)
    private var thread: WorkerThread?

    init(
        options: KafkaClientOptions, loop: any EventLoop,
        handler: @escaping @Sendable (KafkaConsumerEvent) -> Void, logger: Logger
    ) {
        self.options = options
        self.loop = loop
        self.handler = handler
        self.logger = logger
    }

    func start(options: KafkaClientOptions, group: String, topics: [String]) throws(KafkaFailure) {
        let events =
            RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR
            | RD_KAFKA_EVENT_FETCH
        let client = try ClientHandle(
            .consumer, .consumer(options, group: group), events: events, logger: logger)
        let subscription = TopicPartitionList(topics.map { TopicPartition(topic: $0, partition: -1) })
        let error = rd_kafka_subscribe(client.pointer, subscription.pointer)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(error) }
        let first = Gate<ClientHandle?>(client)
        thread = WorkerThread(name: "kafka-consume") {
            // Taken out of its box, so that the worker holds the only reference and frees the handle.
            let client = first.with { client in
                defer { client = nil }
                return client
            }
            guard let client else { return }
            var worker = ConsumerWorker(core: self, client: client)
            worker.run()
        }
    }

    var currentGeneration: UInt64 {
        loop.assertInEventLoop()
        return generation.load(ordering: .relaxed)
    }

    func post(_ command: Command) {
        mailbox.post(command)
    }

    /// Hands a round's events to the loop.
    func deliver(_ notices: [Notice]) {
        loop.execute {
            for notice in notices {
                if let generation = notice.generation {
                    self.generation.store(generation, ordering: .relaxed)
                }
                self.handler(notice.event)
            }
        }
    }

    func close(deadlineMs: Int64) -> Bool {
        guard beginClosing(deadlineMs: deadlineMs) else { return true }
        return thread?.finish(byNs: MonotonicClock.deadlineNs(afterMs: deadlineMs + Self.releaseMs)) ?? true
    }

    /// For `deinit`: the thread ends by itself, without leaving the group.
    func stopWithoutWaiting() {
        guard beginClosing(deadlineMs: 0) else { return }
        _ = thread?.finish(byNs: 0)
    }

    private func beginClosing(deadlineMs: Int64) -> Bool {
        guard !closing.exchange(true, ordering: .acquiringAndReleasing) else { return false }
        mailbox.post(.close(deadlineNs: MonotonicClock.deadlineNs(afterMs: deadlineMs)))
        return true
    }
}
