import CRdKafka
import Logging

/// A topic as it must be.
package struct TopicSpec: Sendable, Equatable {
    package let name: String
    package let partitions: Int
    package let replication: Int

    package init(name: String, partitions: Int, replication: Int) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
    }
}

/// Makes topics. Blocking; for start-up and tools.
package enum KafkaAdmin {
    /// Makes the topics that are missing and waits until each has all its partitions.
    ///
    /// A topic that is there with enough partitions is left as it is; one with too few is an error, since
    /// keys would move if partitions were added. A cluster without CreateTopics (librdkafka's in-memory
    /// one) is fine as long as nothing is missing.
    package static func ensureTopics(
        _ topics: [TopicSpec], options: KafkaClientOptions, timeoutMs: Int32, logger: Logger
    ) throws(KafkaFailure) {
        let deadlineNs = MonotonicClock.deadlineNs(afterMs: Int64(timeoutMs))
        let client = try ClientHandle(.producer, .admin(options), logger: logger)
        let present = try ClusterMetadata(of: client, timeoutMs: timeoutMs).partitions
        for topic in topics {
            if let count = present[topic.name], count < topic.partitions, count > 0 {
                throw .configuration(
                    "topic \(topic.name) has \(count) partitions and needs \(topic.partitions)")
            }
        }
        let missing = topics.filter { present[$0.name] == nil }
        if !missing.isEmpty { try create(missing, client: client, deadlineNs: deadlineNs) }
        try awaitPartitions(topics, client: client, deadlineNs: deadlineNs)
    }

    private static func create(
        _ topics: [TopicSpec], client: ClientHandle, deadlineNs: UInt64
    ) throws(KafkaFailure) {
        var specs: [OpaquePointer?] = []
        defer { for spec in specs { rd_kafka_NewTopic_destroy(spec) } }
        var text = [CChar](repeating: 0, count: 512)
        for topic in topics {
            guard
                let spec = rd_kafka_NewTopic_new(
                    topic.name, Int32(topic.partitions), Int32(topic.replication), &text, text.count)
            else { throw .configuration(string(of: text)) }
            specs.append(spec)
        }
        let queue = rd_kafka_queue_new(client.pointer)!
        defer { rd_kafka_queue_destroy(queue) }
        let options = rd_kafka_AdminOptions_new(client.pointer, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        let waitMs = max(1, MonotonicClock.remainingMs(until: deadlineNs))
        rd_kafka_AdminOptions_set_request_timeout(options, waitMs, &text, text.count)
        rd_kafka_AdminOptions_set_operation_timeout(options, waitMs, &text, text.count)
        rd_kafka_CreateTopics(client.pointer, &specs, specs.count, options, queue)
        // The request times out by itself; the second is for its answer to get here.
        guard let event = rd_kafka_queue_poll(queue, waitMs + 1000) else {
            throw .timedOut("the creation of \(topics.map(\.name).joined(separator: ", "))")
        }
        defer { rd_kafka_event_destroy(event) }
        let error = rd_kafka_event_error(event)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaFailure(
                error,
                message: "cannot create \(topics.map(\.name).joined(separator: ", ")): "
                    + String(cString: rd_kafka_event_error_string(event)))
        }
        try check(rd_kafka_event_CreateTopics_result(event))
    }

    /// Another process may have created a topic in the meantime: that is as good.
    private static func check(_ result: OpaquePointer?) throws(KafkaFailure) {
        var count = 0
        guard let topics = rd_kafka_CreateTopics_result_topics(result, &count) else { return }
        for topic in UnsafeBufferPointer(start: topics, count: count) {
            let error = rd_kafka_topic_result_error(topic)
            guard error != RD_KAFKA_RESP_ERR_NO_ERROR, error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS
            else { continue }
            let reason = rd_kafka_topic_result_error_string(topic).map { String(cString: $0) } ?? ""
            throw KafkaFailure(
                error, message: "topic \(String(cString: rd_kafka_topic_result_name(topic))): \(reason)")
        }
    }

    /// A topic just created shows its partitions and leaders a little later.
    private static func awaitPartitions(
        _ topics: [TopicSpec], client: ClientHandle, deadlineNs: UInt64
    ) throws(KafkaFailure) {
        let pause = rd_kafka_queue_new(client.pointer)!
        defer { rd_kafka_queue_destroy(pause) }
        while true {
            let waitMs = max(1, MonotonicClock.remainingMs(until: deadlineNs))
            let present = try ClusterMetadata(of: client, timeoutMs: waitMs).partitions
            guard let late = topics.first(where: { (present[$0.name] ?? 0) < $0.partitions }) else { return }
            guard MonotonicClock.nowNs < deadlineNs else {
                throw .timedOut("the wait for the partitions of \(late.name)")
            }
            // Nothing ever comes out of this queue: a pause between two questions.
            if let event = rd_kafka_queue_poll(pause, 50) { rd_kafka_event_destroy(event) }
        }
    }
}
