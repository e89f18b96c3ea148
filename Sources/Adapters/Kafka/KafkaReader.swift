import CRdKafka
import Logging

/// Reads partitions by offset, and looks at (or sets) the offsets of groups, without joining any.
///
/// Every call blocks, at most `timeoutMs` (for `read`: without progress). Owned by one thread at a time.
package final class KafkaReader {
    private let options: KafkaClientOptions
    private let logger: Logger
    private let timeoutMs: Int32
    private let client: ClientHandle
    /// A handle knows the offsets of one group only: one handle a group, made on demand.
    private var groups: [String: ClientHandle] = [:]

    /// A group that is named to librdkafka and never joined or committed to.
    private static let nobody = "hongbao-reader"
    /// Messages that wait, below which more are asked for.
    private static let lowWater = 16_384
    /// Messages taken at a time.
    private static let maxRecordsATurn = 512

    /// Throws for settings that librdkafka refuses; a cluster that cannot be reached shows in the calls.
    package init(
        options: KafkaClientOptions, timeoutMs: Int32 = 10_000, logger: Logger
    ) throws(KafkaFailure) {
        self.options = options
        self.logger = logger
        self.timeoutMs = timeoutMs
        client = try ClientHandle(.consumer, .reader(options, group: Self.nobody), logger: logger)
    }

    /// Partitions of a topic that have a leader; 0: there is no such topic.
    package func partitions(_ topic: String) throws(KafkaFailure) -> Int {
        try ClusterMetadata(of: client, timeoutMs: timeoutMs).partitions[topic] ?? 0
    }

    /// Of each partition the offset of the first record still in the log, and the one that the next record
    /// will get. The partitions must exist: a broker that creates topics by itself would create them.
    ///
    /// Asked for by the times that stand for both ends: librdkafka's own question for them forgets its time
    /// limit while a broker is away (before 2.3).
    package func bounds(
        _ partitions: [TopicPartition]
    ) throws(KafkaFailure) -> [TopicPartition: Range<Int64>] {
        let lows = try offsets(partitions, at: Int64(RD_KAFKA_OFFSET_BEGINNING))
        let highs = try offsets(partitions, at: Int64(RD_KAFKA_OFFSET_END))
        return lows.reduce(into: [:]) { $0[$1.key] = $1.value..<max($1.value, highs[$1.key] ?? $1.value) }
    }

    package func bounds(_ partition: TopicPartition) throws(KafkaFailure) -> (low: Int64, high: Int64) {
        let range = try bounds([partition])[partition] ?? 0..<0
        return (range.lowerBound, range.upperBound)
    }

    private func offsets(
        _ partitions: [TopicPartition], at time: Int64
    ) throws(KafkaFailure) -> [TopicPartition: Int64] {
        guard !partitions.isEmpty else { return [:] }
        let list = TopicPartitionList(capacity: partitions.count)
        for partition in partitions { list.add(partition, offset: time) }
        let error = rd_kafka_offsets_for_times(client.pointer, list.pointer, timeoutMs)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaFailure(error, message: "bounds of \(partitions[0]) and \(partitions.count - 1) more")
        }
        var offsets: [TopicPartition: Int64] = [:]
        for entry in list.entries {
            guard entry.error == RD_KAFKA_RESP_ERR_NO_ERROR, entry.offset >= 0 else {
                throw KafkaFailure(entry.error, message: "bounds of \(entry.partition): \(entry.offset)")
            }
            offsets[entry.partition] = entry.offset
        }
        return offsets
    }

    /// The group's committed offsets (next to read). A partition without one is absent.
    package func committed(
        group: String, _ partitions: [TopicPartition]
    ) throws(KafkaFailure) -> [TopicPartition: Int64] {
        let client = try handle(of: group)
        let list = TopicPartitionList(partitions)
        let error = rd_kafka_committed(client.pointer, list.pointer, timeoutMs)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaFailure(error, message: "committed offsets of \(group)")
        }
        var offsets: [TopicPartition: Int64] = [:]
        for entry in list.entries {
            guard entry.error == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaFailure(entry.error, message: "committed offset of \(group) in \(entry.partition)")
            }
            if entry.offset >= 0 { offsets[entry.partition] = entry.offset }
        }
        return offsets
    }

    /// Sets the offsets of a group that has no members now.
    ///
    /// The broker refuses (UNKNOWN_MEMBER_ID) while it has; librdkafka's in-memory cluster also refuses
    /// once a group has ever had a member. With `joining`, a refusal is answered by joining the group,
    /// committing as its only member, and leaving; this takes seconds, and gives up when another member
    /// shares the partitions.
    package func commit(
        group: String, _ offsets: [TopicPartition: Int64], joining: Bool = false
    ) throws(KafkaFailure) {
        guard !offsets.isEmpty else { return }
        do throws(KafkaFailure) {
            try Self.commit(offsets, by: try handle(of: group))
        } catch {
            guard joining, error.code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID.rawValue else { throw error }
            let member = try GroupVisit(options: options, group: group, logger: logger)
            try member.commit(offsets, timeoutMs: max(timeoutMs, Int32(options.sessionTimeoutMs) * 3))
        }
    }

    /// Reads the records of each range, in offset order within a partition; partitions are mixed.
    ///
    /// As ``scan(_:each:)``, with a copy of every record.
    package func read(
        _ ranges: [TopicPartition: Range<Int64>], each: (TopicPartition, KafkaRecord) -> Void
    ) throws(KafkaFailure) {
        let ranges = Array(ranges)
        try scan(ranges.map { ($0.key, $0.value) }) { index, record in
            each(ranges[index].key, KafkaRecord(record.message))
        }
    }

    /// Reads the records of each range where librdkafka holds them, in offset order within a partition;
    /// partitions are mixed. `each` is told the range by its index.
    ///
    /// Ends when every partition has reached the end of its range, or the end of its log if that comes
    /// first. Records that are no longer in the log are missing from the start of their range: compare with
    /// `bounds`. Throws when nothing has come for the reader's timeout.
    package func scan(
        _ ranges: [(partition: TopicPartition, offsets: Range<Int64>)],
        each: (Int, borrowing RecordView) -> Void
    ) throws(KafkaFailure) {
        var open = OpenRanges(ranges)
        guard open.left > 0 else { return }
        let queue = rd_kafka_queue_get_consumer(client.pointer)!
        defer { rd_kafka_queue_destroy(queue) }
        let start = TopicPartitionList(open.starts)
        let error = rd_kafka_assign(client.pointer, start.pointer)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(error) }
        defer { rd_kafka_assign(client.pointer, nil) }
        let buffer = ConsumerWorker.Buffer.allocate(capacity: Self.maxRecordsATurn)
        defer { buffer.deallocate() }
        var quietSinceNs = MonotonicClock.nowNs
        var isFull = false
        while open.left > 0 {
            let waiting = rd_kafka_queue_length(queue)
            if waiting > Self.lowWater {
                isFull = true
            } else if isFull {
                isFull = false
                nudge(&open)
            }
            // A short wait: the call returns only when the buffer is full or the wait is over.
            let count = max(0, rd_kafka_consume_batch_queue(queue, 5, buffer.baseAddress, buffer.count))
            var failure: KafkaFailure?
            for index in 0..<count {
                guard let message = buffer[index] else { continue }
                failure = failure ?? take(message, &open, each)
                rd_kafka_message_destroy(message)
            }
            if let failure { throw failure }
            if count > 0 { quietSinceNs = MonotonicClock.nowNs }
            guard MonotonicClock.nowNs - quietSinceNs < UInt64(timeoutMs) * 1_000_000 else {
                throw .timedOut("the read of \(open.left) partitions")
            }
        }
    }

    /// librdkafka looks once a second at a queue that was too full to fetch for, unless something happens on
    /// the connection: so something does, the moment that there is room.
    private func nudge(_ open: inout OpenRanges) {
        guard let partition = open.another() else { return }
        _ = try? bounds(partition)
    }

    /// Deals with one message or in-band error.
    private func take(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>, _ open: inout OpenRanges,
        _ each: (Int, borrowing RecordView) -> Void
    ) -> KafkaFailure? {
        guard let topic = message.pointee.rkt else {
            let failure = KafkaFailure(message.pointee.err)
            return failure.isRetriable ? nil : failure
        }
        guard let index = open.index(topic, message.pointee.partition) else { return nil }
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            let end = open.ranges[index].offsets.upperBound
            if message.pointee.offset < end { each(index, RecordView(message)) }
            if message.pointee.offset >= end - 1 { open.close(index) }
            return nil
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            open.close(index)
            return nil
        default:
            let failure = KafkaFailure(
                message.pointee.err,
                message: """
                    \(open.ranges[index].partition): \(String(cString: rd_kafka_message_errstr(message)))
                    """)
            return failure.isRetriable ? nil : failure
        }
    }

    private func handle(of group: String) throws(KafkaFailure) -> ClientHandle {
        if let handle = groups[group] { return handle }
        let handle = try ClientHandle(.consumer, .reader(options, group: group), logger: logger)
        groups[group] = handle
        return handle
    }

    private static func commit(
        _ offsets: [TopicPartition: Int64], by client: ClientHandle
    ) throws(KafkaFailure) {
        let list = TopicPartitionList(offsets)
        let error = rd_kafka_commit(client.pointer, list.pointer, 0)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(error) }
        for entry in list.entries where entry.error != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaFailure(entry.error, message: "commit of \(entry.partition)")
        }
    }
}
