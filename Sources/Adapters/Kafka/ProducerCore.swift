import Atomics
import CRdKafka
import Logging
import NIOCore

/// The producer's state and its thread's loop.
///
/// `@unchecked Sendable`: `thread` is written in `start`, before the value is shared, and read by the one
/// close that wins `closing`; `worker` state lives on the thread's stack; everything else is behind `gate`,
/// atomic, or constant.
final class ProducerCore: @unchecked Sendable {
    /// Reports taken before they are handed over, so that one busy queue cannot hold them back for long.
    static let maxReportsARound = 8192
    /// A cluster on which every new handle goes fatal at once is not hammered faster than this.
    static let renewalIntervalMs: Int64 = 1000
    /// After the deadline of a close: time to free the handle.
    static let releaseMs: Int64 = 500
    /// The thread looks after commands at least this often (a command also wakes it).
    static let pollMs: Int32 = 100

    enum Command: Sendable {
        case reconnect(bootstrap: String)
        case close(deadlineNs: UInt64)
    }

    struct Shared {
        /// nil once closing has begun: the thread alone holds the handle then, and frees it.
        var handle: ProducerHandle?
        /// The same handle on its way to the thread.
        var first: ProducerHandle?
    }

    let reporters: [KafkaProducer.Reporter]
    let logger: Logger
    let gate: Gate<Shared>
    let commands = Mailbox<Command>()
    private let options: Gate<KafkaClientOptions>
    private let renewed = ManagedAtomic<Int>(0)
    private let closing = ManagedAtomic<Bool>(false)
    private var thread: WorkerThread?

    init(
        options: KafkaClientOptions, reporters: [KafkaProducer.Reporter], logger: Logger
    ) throws(KafkaFailure) {
        let handle = try ProducerHandle(.producer(options), logger: logger)
        self.reporters = reporters
        self.logger = logger
        self.options = Gate(options)
        gate = Gate(Shared(handle: handle, first: handle))
    }

    var renewals: Int { renewed.load(ordering: .relaxed) }

    func start() {
        thread = WorkerThread(name: "kafka-produce") {
            let first = self.gate.with { shared in
                defer { shared.first = nil }
                return shared.first
            }
            guard let first else { return }
            var worker = ProducerWorker(core: self, handle: first)
            worker.run()
        }
    }

    /// The current handle, to be kept alive during the call, and its topic.
    func destination(_ topic: String) throws(KafkaFailure) -> (ProducerHandle, OpaquePointer) {
        try gate.with { (shared) throws(KafkaFailure) in
            guard let handle = shared.handle else {
                throw KafkaFailure(RD_KAFKA_RESP_ERR__DESTROY, message: "the producer is closed")
            }
            return (handle, try handle.topic(topic))
        }
    }

    func reconnect(bootstrap: String) {
        guard let handle = gate.with({ $0.handle }) else { return }
        commands.post(.reconnect(bootstrap: bootstrap))
        rd_kafka_queue_yield(handle.queue)
    }

    func close(deadlineMs: Int64) -> Bool {
        guard beginClosing(deadlineMs: deadlineMs) else { return true }
        return thread?.finish(byNs: MonotonicClock.deadlineNs(afterMs: deadlineMs + Self.releaseMs)) ?? true
    }

    /// For `deinit`: what is outstanding is reported as failed; the thread ends by itself.
    func stopWithoutWaiting() {
        guard beginClosing(deadlineMs: 0) else { return }
        _ = thread?.finish(byNs: 0)
    }

    /// A handle for the present address, put in the shared one's place. nil when closing has begun.
    func makeHandle(bootstrap: String?) throws(KafkaFailure) -> ProducerHandle? {
        let options = options.with { options in
            if let bootstrap { options.bootstrap = bootstrap }
            return options
        }
        let fresh = try ProducerHandle(.producer(options), logger: logger)
        renewed.wrappingIncrement(ordering: .relaxed)
        return gate.with { shared in
            guard shared.handle != nil else { return nil }
            shared.handle = fresh
            return fresh
        }
    }

    private func beginClosing(deadlineMs: Int64) -> Bool {
        guard !closing.exchange(true, ordering: .acquiringAndReleasing) else { return false }
        let handle = gate.with { shared in
            defer { shared.handle = nil }
            return shared.handle
        }
        commands.post(.close(deadlineNs: MonotonicClock.deadlineNs(afterMs: deadlineMs)))
        if let handle { rd_kafka_queue_yield(handle.queue) }
        return true
    }
}
