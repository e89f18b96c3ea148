import CRdKafka
import Logging

/// One producer handle with the topics it has been asked to produce to.
///
/// A fatal error ends a handle's life and another takes its place, so `KafkaProducer` may hold several for a
/// while. `@unchecked Sendable`: `topics` is touched only under `ProducerCore.gate`; `queue` is served by the
/// producer's thread alone; the rest does not change. The last reference goes on the producer's thread, which
/// may block for librdkafka's threads to end.
final class ProducerHandle: @unchecked Sendable {
    let client: ClientHandle
    /// Delivery reports and errors.
    let queue: OpaquePointer
    private var topics: [String: OpaquePointer] = [:]

    init(_ configuration: ClientConfiguration, logger: Logger) throws(KafkaFailure) {
        client = try ClientHandle(
            .producer, configuration, events: RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR, logger: logger)
        queue = rd_kafka_queue_get_main(client.pointer)
    }

    deinit {
        for topic in topics.values { rd_kafka_topic_destroy(topic) }
        rd_kafka_queue_destroy(queue)
    }

    /// The handle's topic object, which lives as long as the handle. Under the gate.
    func topic(_ name: String) throws(KafkaFailure) -> OpaquePointer {
        if let topic = topics[name] { return topic }
        guard let topic = rd_kafka_topic_new(client.pointer, name, nil) else {
            throw KafkaFailure(rd_kafka_last_error(), message: "topic \(name)")
        }
        topics[name] = topic
        return topic
    }

    /// Messages for which no report has been taken yet.
    var outstanding: Int32 { rd_kafka_outq_len(client.pointer) }

    /// Turns everything outstanding into failure reports; an answer that is still on its way is not waited
    /// for.
    func purge() {
        rd_kafka_purge(
            client.pointer,
            RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
    }
}
