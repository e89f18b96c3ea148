/// What a `KafkaConsumer` tells its loop, in the order in which it happened.
package enum KafkaConsumerEvent: Sendable {
    /// These partitions are ours now, with no credits yet. With the eager protocol this is the whole
    /// assignment, and empty when there are more members than partitions.
    case assigned([TopicPartition])
    /// These are no longer ours; credits and commits for them are void from here on. Work on their records
    /// may go on: nobody waits for it, and the next owner begins at the last commit.
    case revoked([TopicPartition])
    /// The group's broker has taken a commit of *all* partitions of the present assignment, which was sent at
    /// that time of the monotonic clock: until then at least nobody else had them. At least every
    /// `heartbeatCommitMs` while the group is well.
    case committed(sentNs: UInt64, backlog: [TopicPartition: PartitionBacklog])
    /// In offset order, never more than was granted.
    case records(TopicPartition, [KafkaRecord])
    /// Something went wrong that librdkafka goes on retrying, or, when fatal, that needs a new consumer.
    case failure(KafkaFailure)
    /// Records that this group should have read next are not in the log: `expected` was the next offset, the
    /// log goes on at `found` (-1: not known). Trimmed by the broker when `found` is higher; a log that was
    /// begun again when it is lower. Comes before the records from `found` on.
    case offsetOutOfRange(TopicPartition, expected: Int64, found: Int64)
}

/// What of a partition the group has not finished.
package struct PartitionBacklog: Sendable, Equatable {
    /// The next offset to finish, as committed.
    package let committed: Int64
    /// The end of the log as far as it is known here; nil before the first fetch. It is news of the last
    /// fetch: a partition that is not read because its queue is full has an old one.
    package let high: Int64?

    /// Records between the two; nil while the end is not known.
    package var records: Int64? { high.map { max(0, $0 - committed) } }
}
