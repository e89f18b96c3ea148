import CRdKafka

/// The cluster's topics with their partition counts, asked from a broker.
struct ClusterMetadata {
    /// Partitions that have a leader, by topic.
    private(set) var partitions: [String: Int] = [:]

    /// Always asks for all topics: to ask for one by name makes brokers that create topics by themselves
    /// create it, with their own number of partitions (librdkafka's in-memory cluster always does, with 4).
    /// Blocks at most `timeoutMs`.
    init(of client: ClientHandle, timeoutMs: Int32) throws(KafkaFailure) {
        var answer: UnsafePointer<rd_kafka_metadata>?
        let error = rd_kafka_metadata(client.pointer, 1, nil, &answer, timeoutMs)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { throw KafkaFailure(error) }
        defer { rd_kafka_metadata_destroy(answer) }
        for topic in UnsafeBufferPointer(
            start: answer.pointee.topics, count: Int(answer.pointee.topic_cnt))
        where topic.err == RD_KAFKA_RESP_ERR_NO_ERROR {
            let led = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
                .count { $0.leader >= 0 }
            partitions[String(cString: topic.topic)] = led
        }
    }
}
