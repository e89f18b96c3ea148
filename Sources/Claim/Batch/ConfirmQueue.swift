import Orders

/// Orders that Kafka has acknowledged and that Redis is still to be told of, by shard; those that wait for
/// an operator apart.
///
/// Confirming may be repeated without harm, so that a batch whose reply did not come simply goes again.
struct ConfirmQueue {
    struct Batch: Sendable, Equatable {
        let shard: UInt16
        let isHeld: Bool
        let orders: [OrderID]
    }

    /// Index = shard × 2, + 1 for held ones.
    private var ready: [[OrderID]] = []
    /// Indexes of `ready` with orders in them.
    private var touched: [Int] = []
    /// Ready or on their way; whether each is held.
    private var open: [OrderID: Bool] = [:]

    var count: Int { open.count }
    var isIdle: Bool { touched.isEmpty }

    func contains(_ order: OrderID) -> Bool { open[order] != nil }

    /// Whether an order that Redis is being told of waits for an operator; nil for any other.
    func isHeld(_ order: OrderID) -> Bool? { open[order] }

    mutating func add(_ order: OrderID, isHeld: Bool = false) {
        guard open.updateValue(isHeld, forKey: order) == nil else { return }
        put([order], at: Int(order.shard) * 2 + (isHeld ? 1 : 0))
    }

    private mutating func put(_ orders: [OrderID], at index: Int) {
        while ready.count <= index { ready.append([]) }
        if ready[index].isEmpty { touched.append(index) }
        ready[index] += orders
    }

    /// Everything that is ready, in batches of one shard and at most `maxBatch` orders.
    mutating func take(maxBatch: Int) -> [Batch] {
        precondition(maxBatch > 0)
        var batches = [Batch]()
        for index in touched.sorted() {
            let orders = ready[index]
            for start in stride(from: 0, to: orders.count, by: maxBatch) {
                batches.append(
                    Batch(
                        shard: UInt16(index / 2), isHeld: index % 2 == 1,
                        orders: Array(orders[start..<min(start + maxBatch, orders.count)])))
            }
            ready[index].removeAll()
        }
        touched.removeAll(keepingCapacity: true)
        return batches
    }

    mutating func done(_ batch: Batch) {
        for order in batch.orders { open[order] = nil }
    }

    /// Redis did not answer: the batch is ready again.
    mutating func failed(_ batch: Batch) {
        put(batch.orders, at: Int(batch.shard) * 2 + (batch.isHeld ? 1 : 0))
    }
}
