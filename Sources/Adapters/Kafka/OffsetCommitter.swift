import CRdKafka

/// Commits offsets in the background: the newest of each partition, all in one request, not more often than
/// the interval, and at most one request on its way except when partitions are given up or the broker is
/// slow. Owned by the consumer's thread.
///
/// At least every heartbeat all partitions of the assignment are committed, moved or not: when the broker
/// has taken that, they were still this member's when it was sent.
struct OffsetCommitter {
    /// A broker that has just refused is left alone for so long; in a rebalance it may refuse for seconds.
    private static let retryNs: UInt64 = 100_000_000
    /// Between two questions for a position that could not be had.
    private static let lookUpNs: UInt64 = 1_000_000_000
    /// A request without an answer (its connection may be dead for a minute before that shows) does not hold
    /// up heartbeats, until so many are on their way.
    private static let maxInFlight = 8

    /// What came of a request.
    enum Settled {
        case nothing
        case failed(KafkaFailure)
        /// All partitions of the present assignment were committed by a request sent at that time.
        case provenOwner(sentNs: UInt64)
    }

    private struct Flight {
        var generation: UInt64
        var sentNs: UInt64
        var coversAll: Bool
    }

    private let client: ClientHandle
    private let queue: OpaquePointer
    private let intervalNs: UInt64
    private let heartbeatNs: UInt64
    private var pending: [TopicPartition: Int64] = [:]
    private var notBeforeNs: UInt64 = 0
    private var flights: [UInt: Flight] = [:]
    private var lastFlight: UInt = 0
    /// The newest offset of each assigned partition whose position is known.
    private(set) var positions: [TopicPartition: Int64] = [:]
    /// Assigned partitions whose committed offset could not be had yet.
    private var unknown: Set<TopicPartition> = []
    private var lookUpAtNs: UInt64 = 0
    /// When the next heartbeat is due; nil without an assignment.
    private var heartbeatAtNs: UInt64?

    /// Results come out of `queue` as RD_KAFKA_EVENT_OFFSET_COMMIT.
    init(client: ClientHandle, queue: OpaquePointer, intervalMs: Int, heartbeatMs: Int) {
        self.client = client
        self.queue = queue
        intervalNs = UInt64(max(0, intervalMs)) * 1_000_000
        heartbeatNs = UInt64(max(1, heartbeatMs)) * 1_000_000
    }

    private var inFlight: Int { flights.count }

    /// When there is something to do; nil: nothing before the next `note` or result.
    var dueNs: UInt64? {
        let commitNs = pending.isEmpty || inFlight > 0 ? nil : notBeforeNs
        let lookNs = unknown.isEmpty ? nil : lookUpAtNs
        return [commitNs, beatNs, lookNs].compactMap { $0 }.min()
    }

    /// When a commit of everything may be sent.
    private var beatNs: UInt64? {
        guard let heartbeatAtNs, unknown.isEmpty, inFlight < Self.maxInFlight else { return nil }
        return inFlight == 0 ? max(heartbeatAtNs, notBeforeNs) : heartbeatAtNs + heartbeatNs
    }

    var isIdle: Bool { pending.isEmpty && inFlight == 0 }

    /// A new assignment begins; `starts` are the committed offsets, negative for none, without those that
    /// could not be had.
    mutating func assigned(_ ids: [TopicPartition], at starts: [TopicPartition: Int64], nowNs: UInt64) {
        positions = starts.mapValues { max(0, $0) }.filter { ids.contains($0.key) }
        unknown = Set(ids).subtracting(positions.keys)
        lookUpAtNs = nowNs + Self.lookUpNs
        heartbeatAtNs = ids.isEmpty ? nil : nowNs
    }

    /// Partitions to ask the broker about now, if there are any.
    func unknown(nowNs: UInt64) -> [TopicPartition]? {
        unknown.isEmpty || nowNs < lookUpAtNs ? nil : Array(unknown)
    }

    /// The broker has told where these stand, or of none.
    mutating func found(_ starts: [TopicPartition: Int64], nowNs: UInt64) {
        for (id, offset) in starts where unknown.remove(id) != nil {
            positions[id] = max(0, offset)
        }
        lookUpAtNs = nowNs + Self.lookUpNs
    }

    mutating func note(_ partition: TopicPartition, offset: Int64) {
        pending[partition] = max(offset, pending[partition] ?? offset)
        positions[partition] = max(offset, positions[partition] ?? offset)
        unknown.remove(partition)
    }

    mutating func sendIfDue(nowNs: UInt64, generation: UInt64) {
        if let beatNs, nowNs >= beatNs {
            heartbeatAtNs = nowNs + heartbeatNs
            send(positions, coversAll: true, nowNs: nowNs, generation: generation)
        } else if !pending.isEmpty, inFlight == 0, nowNs >= notBeforeNs {
            send(nowNs: nowNs, generation: generation)
        }
    }

    /// Sends what is pending now. librdkafka keeps the order of its commits and assignments, so that a commit
    /// sent before an unassign still counts for the old generation.
    mutating func send(nowNs: UInt64, generation: UInt64) {
        guard !pending.isEmpty else { return }
        send(pending, coversAll: false, nowNs: nowNs, generation: generation)
    }

    private mutating func send(
        _ offsets: [TopicPartition: Int64], coversAll: Bool, nowNs: UInt64, generation: UInt64
    ) {
        let list = TopicPartitionList(offsets)
        lastFlight += 1
        // Takes a copy of the list; can only fail for a client without a group.
        let error = rd_kafka_commit_queue(
            client.pointer, list.pointer, queue, nil, UnsafeMutableRawPointer(bitPattern: lastFlight))
        precondition(error == RD_KAFKA_RESP_ERR_NO_ERROR)
        flights[lastFlight] = Flight(generation: generation, sentNs: nowNs, coversAll: coversAll)
        pending.removeAll(keepingCapacity: true)
        notBeforeNs = nowNs + intervalNs
    }

    /// Takes a result. What failed for now and still concerns this generation is sent again; any other
    /// failure is returned.
    mutating func settle(_ event: OpaquePointer, generation: UInt64, nowNs: UInt64) -> Settled {
        let number = UInt(bitPattern: rd_kafka_event_opaque(event))
        guard let flight = flights.removeValue(forKey: number), flight.generation == generation else {
            return .nothing
        }
        let whole = rd_kafka_event_error(event)
        var isWhole = whole == RD_KAFKA_RESP_ERR_NO_ERROR
        var failure: KafkaFailure?
        for entry in TopicPartitionList.entries(of: rd_kafka_event_topic_partition_list(event)) {
            let error = whole != RD_KAFKA_RESP_ERR_NO_ERROR ? whole : entry.error
            guard error != RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
            isWhole = false
            let one = KafkaFailure(error, message: "commit of \(entry.partition) at \(entry.offset)")
            if one.isRetriable {
                note(entry.partition, offset: entry.offset)
                notBeforeNs = max(notBeforeNs, nowNs + Self.retryNs)
            } else {
                failure = one
            }
        }
        if let failure { return .failed(failure) }
        return isWhole && flight.coversAll ? .provenOwner(sentNs: flight.sentNs) : .nothing
    }

    /// Commits nothing any more but what moves.
    mutating func stopHeartbeat() {
        heartbeatAtNs = nil
        unknown = []
    }

    /// Forgets what has not been sent: the partitions are gone.
    mutating func forget() {
        pending.removeAll(keepingCapacity: true)
        positions = [:]
        stopHeartbeat()
    }
}
