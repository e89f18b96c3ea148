import Orders

/// Orders that Kafka has acknowledged and that Redis is still to be told of, by shard.
///
/// Confirming may be repeated without harm, so that a batch whose reply did not come simply goes again.
struct ConfirmQueue {
    struct Batch: Sendable, Equatable {
        let shard: UInt16
        let orders: [OrderID]
    }

    private var ready: [UInt16: [OrderID]] = [:]
    /// Ready or on their way.
    private var open: Set<OrderID> = []

    var count: Int { open.count }
    var isIdle: Bool { ready.isEmpty }

    func contains(_ order: OrderID) -> Bool { open.contains(order) }

    mutating func add(_ order: OrderID) {
        guard open.insert(order).inserted else { return }
        ready[order.shard, default: []].append(order)
    }

    /// Everything that is ready, in batches of one shard and at most `maxBatch` orders.
    mutating func take(maxBatch: Int) -> [Batch] {
        precondition(maxBatch > 0)
        var batches = [Batch]()
        for (shard, orders) in ready.sorted(by: { $0.key < $1.key }) {
            for start in stride(from: 0, to: orders.count, by: maxBatch) {
                batches.append(
                    Batch(shard: shard, orders: Array(orders[start..<min(start + maxBatch, orders.count)])))
            }
        }
        ready.removeAll(keepingCapacity: true)
        return batches
    }

    mutating func done(_ batch: Batch) {
        for order in batch.orders { open.remove(order) }
    }

    /// Redis did not answer: the batch is ready again.
    mutating func failed(_ batch: Batch) {
        ready[batch.shard, default: []] += batch.orders
    }
}
