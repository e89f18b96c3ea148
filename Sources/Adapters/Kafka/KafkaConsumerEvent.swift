/// What a `KafkaConsumer` tells its loop, in the order in which it happened.
package enum KafkaConsumerEvent: Sendable {
    /// These partitions are ours now, with no credits yet. With the eager protocol this is the whole
    /// assignment, and empty when there are more members than partitions.
    case assigned([TopicPartition])
    /// These are no longer ours; credits and commits for them are void from here on. Work on their records
    /// may go on: nobody waits for it, and the next owner begins at the last commit.
    case revoked([TopicPartition])
    /// In offset order, never more than was granted.
    case records(TopicPartition, [KafkaRecord])
    /// Something went wrong that librdkafka goes on retrying, or, when fatal, that needs a new consumer.
    case failure(KafkaFailure)
    /// Records that this group should have read next are not in the log: `expected` was the next offset, the
    /// log goes on at `found` (-1: not known). Trimmed by the broker when `found` is higher; a log that was
    /// begun again when it is lower. Comes before the records from `found` on.
    case offsetOutOfRange(TopicPartition, expected: Int64, found: Int64)
}
