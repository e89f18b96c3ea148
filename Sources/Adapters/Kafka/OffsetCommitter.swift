import CRdKafka

/// Commits offsets in the background: the newest of each partition, all in one request, not more often than
/// the interval, and at most one request on its way except when partitions are given up. Owned by the
/// consumer's thread.
struct OffsetCommitter {
    /// A broker that has just refused is left alone for so long; in a rebalance it may refuse for seconds.
    private static let retryNs: UInt64 = 100_000_000

    private let client: ClientHandle
    private let queue: OpaquePointer
    private let intervalNs: UInt64
    private var pending: [TopicPartition: Int64] = [:]
    private var notBeforeNs: UInt64 = 0
    private(set) var inFlight = 0

    /// Results come out of `queue` as RD_KAFKA_EVENT_OFFSET_COMMIT.
    init(client: ClientHandle, queue: OpaquePointer, intervalMs: Int) {
        self.client = client
        self.queue = queue
        intervalNs = UInt64(max(0, intervalMs)) * 1_000_000
    }

    /// When `sendIfDue` has something to do; nil: nothing before the next `note` or result.
    var dueNs: UInt64? { pending.isEmpty || inFlight > 0 ? nil : notBeforeNs }

    var isIdle: Bool { pending.isEmpty && inFlight == 0 }

    mutating func note(_ partition: TopicPartition, offset: Int64) {
        pending[partition] = max(offset, pending[partition] ?? offset)
    }

    mutating func sendIfDue(nowNs: UInt64, generation: UInt64) {
        guard let dueNs, nowNs >= dueNs else { return }
        send(nowNs: nowNs, generation: generation)
    }

    /// Sends what is pending now. librdkafka keeps the order of its commits and assignments, so that a commit
    /// sent before an unassign still counts for the old generation.
    mutating func send(nowNs: UInt64, generation: UInt64) {
        guard !pending.isEmpty else { return }
        let list = TopicPartitionList(pending)
        let opaque = UnsafeMutableRawPointer(bitPattern: UInt(generation))
        // Takes a copy of the list; can only fail for a client without a group.
        let error = rd_kafka_commit_queue(client.pointer, list.pointer, queue, nil, opaque)
        precondition(error == RD_KAFKA_RESP_ERR_NO_ERROR)
        pending.removeAll(keepingCapacity: true)
        inFlight += 1
        notBeforeNs = nowNs + intervalNs
    }

    /// Takes a result. What failed for now and still concerns this generation is sent again; any other
    /// failure is returned.
    mutating func settle(_ event: OpaquePointer, generation: UInt64, nowNs: UInt64) -> KafkaFailure? {
        inFlight -= 1
        let sentIn = UInt64(UInt(bitPattern: rd_kafka_event_opaque(event)))
        let whole = rd_kafka_event_error(event)
        var failure: KafkaFailure?
        for entry in TopicPartitionList.entries(of: rd_kafka_event_topic_partition_list(event)) {
            let error = whole != RD_KAFKA_RESP_ERR_NO_ERROR ? whole : entry.error
            guard error != RD_KAFKA_RESP_ERR_NO_ERROR, sentIn == generation else { continue }
            let one = KafkaFailure(error, message: "commit of \(entry.partition) at \(entry.offset)")
            if one.isRetriable {
                note(entry.partition, offset: entry.offset)
                notBeforeNs = max(notBeforeNs, nowNs + Self.retryNs)
            } else {
                failure = one
            }
        }
        return failure
    }

    /// Forgets what has not been sent: the partitions are gone.
    mutating func forget() {
        pending.removeAll(keepingCapacity: true)
    }
}
