import OrderStore
import Orders

/// Collects the Redis work of one turn by shard, so that it leaves as one script call a shard and kind.
struct ShardBatches<Entry> {
    private var shards: [[(ref: ParcelRef, entry: Entry)]]
    private var touched: [UInt16] = []

    init(shards count: Int) {
        shards = Array(repeating: [], count: count)
    }

    var isEmpty: Bool { touched.isEmpty }

    mutating func add(_ ref: ParcelRef, _ entry: Entry, shard: UInt16) {
        if shards[Int(shard)].isEmpty { touched.append(shard) }
        shards[Int(shard)].append((ref, entry))
    }

    /// Hands out every batch, at most ``OrderStore/maxBatch`` entries each, and is empty then.
    mutating func drain(_ body: (UInt16, [(ref: ParcelRef, entry: Entry)]) -> Void) {
        for shard in touched {
            var rest = shards[Int(shard)][...]
            shards[Int(shard)] = []
            while !rest.isEmpty {
                body(shard, Array(rest.prefix(OrderStore.maxBatch)))
                rest = rest.dropFirst(OrderStore.maxBatch)
            }
        }
        touched.removeAll(keepingCapacity: true)
    }
}
