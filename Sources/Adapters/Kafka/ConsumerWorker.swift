import CRdKafka
import Logging

/// What the "kafka-consume" thread does, round by round: take commands, serve the consumer's queue
/// (rebalances, commit results, errors), read the partitions that have credits, commit, hand the events to
/// the loop.
struct ConsumerWorker {
    typealias Buffer = UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>

    /// Records read from one partition before the next has its turn.
    static let maxRecordsATurn = 256
    /// Events of the consumer's queue served a round.
    static let maxEventsARound = 1000
    /// The longest sleep. Nothing depends on it but librdkafka's max.poll.interval.ms (five minutes) and our
    /// faith in every bell.
    static let idleMs: Int64 = 1000

    let core: ConsumerCore
    let client: ClientHandle
    /// Rebalances, commit results, errors; forwarded elsewhere while closing.
    var queue: OpaquePointer
    var partitions: [TopicPartition: AssignedPartition] = [:]
    /// Rises with every assignment and revocation; 0 is never current for a credit.
    var generation: UInt64 = 0
    var committer: OffsetCommitter
    var notices: [ConsumerCore.Notice] = []
    private let buffer: Buffer
    private var closeAtNs: UInt64?

    init(core: ConsumerCore, client: ClientHandle) {
        self.core = core
        self.client = client
        queue = rd_kafka_queue_get_consumer(client.pointer)
        committer = OffsetCommitter(
            client: client, queue: queue, intervalMs: core.options.commitIntervalMs,
            heartbeatMs: core.options.heartbeatCommitMs)
        buffer = .allocate(capacity: Self.maxRecordsATurn)
        core.mailbox.ringsFrom(queue)
    }

    /// Returns when the consumer is closed and its queues are free; the handle goes with the worker.
    mutating func run() {
        var isBusy = false
        while closeAtNs == nil {
            let idleNs = MonotonicClock.deadlineNs(afterMs: Self.idleMs)
            for command in core.mailbox.take(
                waitingUntilNs: isBusy ? 0 : min(committer.dueNs ?? idleNs, idleNs))
            {
                apply(command)
            }
            serveQueue(waitMs: 0)
            isBusy = readPartitions()
            lookUpPositions()
            committer.sendIfDue(nowNs: MonotonicClock.nowNs, generation: generation)
            handOver()
        }
        closeDown(byNs: closeAtNs ?? 0)
        handOver()
        buffer.deallocate()
    }

    private mutating func apply(_ command: ConsumerCore.Command) {
        switch command {
        case .grant(let partition, let count, let generation):
            if generation == self.generation { credit(partition, count) }
        case .commit(let partition, let offset, let generation):
            if generation == self.generation { note(partition, offset) }
        case .work(let credits, let positions, let generation):
            guard generation == self.generation else { return }
            for (partition, count) in credits { credit(partition, count) }
            for (partition, offset) in positions { note(partition, offset) }
        case .close(let deadlineNs):
            closeAtNs = deadlineNs
        }
    }

    private func credit(_ partition: TopicPartition, _ count: Int) {
        partitions[partition]?.credits += max(0, count)
    }

    private mutating func note(_ partition: TopicPartition, _ offset: Int64) {
        if partitions[partition] != nil { committer.note(partition, offset: offset) }
    }

    /// Serves the consumer's queue, waiting at most `waitMs` for the first event.
    mutating func serveQueue(waitMs: Int32) {
        var wait = waitMs
        for _ in 0..<Self.maxEventsARound {
            guard let event = rd_kafka_queue_poll(queue, wait) else { return }
            wait = 0
            switch rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_REBALANCE:
                rebalance(event)
            case RD_KAFKA_EVENT_OFFSET_COMMIT:
                settle(event)
            case RD_KAFKA_EVENT_ERROR:
                note(event)
            case RD_KAFKA_EVENT_FETCH:
                // Cannot be: every assigned partition's queue is detached. Were it so, the record would be
                // told as a hole in its partition.
                core.logger.critical("a record came out of the consumer queue and is dropped")
            default:
                break
            }
            rd_kafka_event_destroy(event)
        }
    }

    private mutating func settle(_ event: OpaquePointer) {
        switch committer.settle(event, generation: generation, nowNs: MonotonicClock.nowNs) {
        case .nothing: break
        case .failed(let failure): tell(.failure(failure))
        case .provenOwner(let sentNs):
            var backlog: [TopicPartition: PartitionBacklog] = [:]
            for (id, offset) in committer.positions {
                backlog[id] = PartitionBacklog(committed: offset, high: partitions[id]?.high(client))
            }
            tell(.committed(sentNs: sentNs, backlog: backlog))
        }
    }

    private mutating func note(_ event: OpaquePointer) {
        let error = rd_kafka_event_error(event)
        let text = String(cString: rd_kafka_event_error_string(event))
        tell(
            .failure(
                client.fatalFailure
                    ?? KafkaFailure(error, message: text.isEmpty ? nil : text)))
    }

    /// One turn for each partition that has credits. True: some partition had more than its turn.
    private mutating func readPartitions() -> Bool {
        var isBusy = false
        for partition in partitions.values where partition.credits > 0 {
            let wanted = min(partition.credits, Self.maxRecordsATurn)
            let count = partition.take(wanted, into: buffer)
            guard count > 0 else { continue }
            read(count, of: partition)
            isBusy = isBusy || (count == wanted && partition.credits > 0)
        }
        return isBusy
    }

    /// Copies messages out of the buffer, frees them, and looks for holes in the offsets.
    private mutating func read(_ count: Int, of partition: AssignedPartition) {
        var records: [KafkaRecord] = []
        records.reserveCapacity(count)
        for index in 0..<count {
            guard let message = buffer[index] else { continue }
            defer { rd_kafka_message_destroy(message) }
            guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
                note(message, of: partition)
                continue
            }
            let record = KafkaRecord(message)
            if let expected = partition.expected, expected != record.offset {
                tellRecords(&records, of: partition)
                tell(.offsetOutOfRange(partition.id, expected: expected, found: record.offset))
            }
            partition.expected = record.offset + 1
            partition.credits -= 1
            records.append(record)
        }
        tellRecords(&records, of: partition)
    }

    private mutating func note(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>, of partition: AssignedPartition
    ) {
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
            tell(.offsetOutOfRange(partition.id, expected: partition.expected ?? -1, found: -1))
        default:
            tell(
                .failure(
                    KafkaFailure(
                        message.pointee.err,
                        message: "\(partition.id): \(String(cString: rd_kafka_message_errstr(message)))")))
        }
    }

    private mutating func tellRecords(_ records: inout [KafkaRecord], of partition: AssignedPartition) {
        guard !records.isEmpty else { return }
        tell(.records(partition.id, records))
        records.removeAll()
    }

    mutating func tell(_ event: KafkaConsumerEvent, generation: UInt64? = nil) {
        notices.append(ConsumerCore.Notice(event: event, generation: generation))
    }

    private mutating func handOver() {
        guard !notices.isEmpty else { return }
        core.deliver(notices)
        notices.removeAll()
    }
}
