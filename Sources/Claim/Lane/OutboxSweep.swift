import Orders

/// Which orders of the outbox this loop produces again, and how many at a time.
///
/// An order stands in the outbox beyond Kafka's message timeout when its record was lost on the way: Kafka
/// was away, or the process that accepted it is gone. The loop whose lane it is produces it again under the
/// same ID. Of a lane whose lease has ended, one of the living lanes does, the same one whoever reckons.
/// While Kafka acknowledges nothing one order at a time is tried, so that its return finds no storm of
/// twins; each acknowledgement doubles.
struct OutboxSweep {
    private let shards: Int
    private let mostOpen: Int
    /// How many swept orders may be on their way at once.
    private(set) var allowance = 1
    private var cursor = 0
    private(set) var swept: UInt64 = 0
    /// Swept orders that Kafka acknowledged: each may stand in the topic twice.
    private(set) var twins: UInt64 = 0

    init(shards: Int, mostOpen: Int) {
        precondition(shards > 0 && mostOpen > 0)
        self.shards = shards
        self.mostOpen = mostOpen
    }

    /// The next shard to look at; after the last one the first.
    mutating func nextShard() -> UInt16 {
        defer { cursor = (cursor + 1) % shards }
        return UInt16(cursor)
    }

    /// Whether this loop is to produce the order again.
    ///
    /// - Parameters:
    ///   - own: the loop's lane.
    ///   - living: all lanes under a lease, ascending.
    static func isDue(_ order: OrderID, own: UInt32, living: [UInt32]) -> Bool {
        if order.lane == own { return true }
        guard !living.contains(order.lane), !living.isEmpty else { return false }
        return living[Int(order.shard) % living.count] == own
    }

    /// How many more may leave while `open` are on their way.
    func room(open: Int) -> Int { max(0, allowance - open) }

    mutating func produced(_ count: Int) { swept += UInt64(count) }

    /// Kafka has reported an order, swept or not.
    mutating func landed(wasSwept: Bool, acknowledged: Bool) {
        if acknowledged {
            if wasSwept { twins += 1 }
            allowance = min(mostOpen, allowance * 2)
        } else {
            allowance = 1
        }
    }
}
