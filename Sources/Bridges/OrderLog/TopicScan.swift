import Kafka

/// Reads a topic from its first record to where it ended when the reading began.
package enum TopicScan {
    /// The offsets that stand in a topic's partitions now, first to end. A topic that is not there has none.
    package static func ranges(
        _ topic: String, reader: KafkaReader
    ) throws(KafkaFailure) -> [TopicPartition: Range<Int64>] {
        try reader.bounds(
            (0..<(try reader.partitions(topic))).map { TopicPartition(topic: topic, partition: Int32($0)) })
    }

    /// Fails unless the topic is there with all its partitions, each with a leader: where half of what was
    /// written would mislead.
    package static func demand(
        _ topic: String, partitions wanted: Int, reader: KafkaReader
    ) throws(KafkaFailure) {
        let found = try reader.partitions(topic)
        guard found >= wanted else {
            throw KafkaFailure(
                code: leaderNotAvailable, message: "\(topic) has \(found) of \(wanted) partitions")
        }
    }

    /// LEADER_NOT_AVAILABLE (https://kafka.apache.org/protocol#protocol_error_codes).
    private static let leaderNotAvailable: Int32 = 5

    /// Every record that stands in the topic now. Blocks; on a thread of its own or at start.
    package static func all(
        _ topic: String, reader: KafkaReader, each: (TopicPartition, KafkaRecord) -> Void
    ) throws(KafkaFailure) {
        try reader.read(try ranges(topic, reader: reader), each: each)
    }
}
