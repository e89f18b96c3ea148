import CRdKafka
import Logging

/// A short membership of a group, only to commit offsets as its sole member. Blocking.
struct GroupVisit: ~Copyable {
    private let client: ClientHandle
    private let group: String
    private let queue: OpaquePointer

    init(options: KafkaClientOptions, group: String, logger: Logger) throws(KafkaFailure) {
        self.group = group
        client = try ClientHandle(
            .consumer, .consumer(options, group: group),
            events: RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR,
            logger: logger)
        queue = rd_kafka_queue_get_consumer(client.pointer)
    }

    deinit {
        rd_kafka_queue_destroy(queue)
    }

    /// Joins, commits if all partitions have become ours, and leaves; nothing is read.
    func commit(_ offsets: [TopicPartition: Int64], timeoutMs: Int32) throws(KafkaFailure) {
        let deadlineNs = MonotonicClock.deadlineNs(afterMs: Int64(timeoutMs))
        let topics = Set(offsets.keys.map(\.topic)).map { TopicPartition(topic: $0, partition: -1) }
        let subscription = TopicPartitionList(topics)
        let error = rd_kafka_subscribe(client.pointer, subscription.pointer)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(error) }
        let assigned = try awaitAssignment(byNs: deadlineNs)
        if let other = offsets.keys.first(where: { !assigned.contains($0) }) {
            throw KafkaFailure(
                RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
                message: "group \(group) has another member, which holds \(other)")
        }
        let list = TopicPartitionList(offsets)
        rd_kafka_commit_queue(client.pointer, list.pointer, queue, nil, nil)
        try wait(for: RD_KAFKA_EVENT_OFFSET_COMMIT, byNs: deadlineNs) { (event) throws(KafkaFailure) in
            let whole = rd_kafka_event_error(event)
            guard whole == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFailure(whole) }
        }
        leave(byNs: deadlineNs)
    }

    private func awaitAssignment(byNs deadlineNs: UInt64) throws(KafkaFailure) -> Set<TopicPartition> {
        var assigned: Set<TopicPartition> = []
        try wait(for: RD_KAFKA_EVENT_REBALANCE, byNs: deadlineNs) { event in
            let list = rd_kafka_event_topic_partition_list(event)
            assigned = Set(TopicPartitionList.entries(of: list).map(\.partition))
            // Assigned without a partition: the library sees its event answered, and fetches nothing.
            let none = TopicPartitionList(capacity: 0)
            rd_kafka_assign(client.pointer, none.pointer)
        }
        return assigned
    }

    /// Waits for the next event of a type; others are let pass.
    private func wait(
        for type: Int32, byNs deadlineNs: UInt64,
        _ body: (OpaquePointer) throws(KafkaFailure) -> Void
    ) throws(KafkaFailure) {
        while MonotonicClock.nowNs < deadlineNs {
            guard
                let event = rd_kafka_queue_poll(queue, MonotonicClock.remainingMs(until: deadlineNs))
            else { break }
            defer { rd_kafka_event_destroy(event) }
            if rd_kafka_event_type(event) == type { return try body(event) }
        }
        throw .timedOut("the visit to group \(group)")
    }

    /// Best effort: a group that is not left in time loses this member by its session timeout.
    private func leave(byNs deadlineNs: UInt64) {
        let closing = rd_kafka_queue_new(client.pointer)!
        defer { rd_kafka_queue_destroy(closing) }
        guard KafkaFailure(consuming: rd_kafka_consumer_close_queue(client.pointer, closing)) == nil else {
            return
        }
        while rd_kafka_consumer_closed(client.pointer) == 0, MonotonicClock.nowNs < deadlineNs {
            guard let event = rd_kafka_queue_poll(closing, 50) else { continue }
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE {
                rd_kafka_assign(client.pointer, nil)
            }
            rd_kafka_event_destroy(event)
        }
    }
}
