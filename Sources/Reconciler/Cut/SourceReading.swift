import Kafka

/// What was read of one partition.
struct SourceReading: Sendable, Equatable {
    let partition: TopicPartition
    /// The first offset that the log still held; above 0 the broker has dropped records.
    var low: Int64 = 0
    /// Where the deliverers stood before the contents were read; nil where that matters to nobody.
    var committed: Int64?
    /// The first offset that was not read.
    var end: Int64 = 0
    /// Records read.
    var records = 0
    /// Records that could not be understood.
    var unreadable = 0
}
