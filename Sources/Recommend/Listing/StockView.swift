import Catalog
import Orders
import Redis

/// What one loop knows of what is sold out: read from the stock that Claim keeps, about once a second.
///
/// A gift pack is sold out for a shard of people when the campaign's pool has none left and the shard has
/// none at hand. A pool that Claim has not opened yet is not sold out. Where Redis does not answer, the last
/// knowledge stays: Claim's script has the last word anyway.
///
/// Owner: the connection's loop.
final class StockView {
    private let catalog: Catalog
    private let keys: StoreKeys
    private let redis: RedisConnection
    /// Bit = gift slot × shards + shard.
    private var soldOut: Set<Int> = []
    private var isReading = false

    init(catalog: Catalog, redis: RedisConnection) {
        let storage = catalog.campaign.storage
        self.catalog = catalog
        self.redis = redis
        keys = StoreKeys(campaign: catalog.campaign.id, shards: storage.shards, buckets: storage.claimBuckets)
    }

    func shard(user: UInt64) -> UInt16 { keys.shard(user: user) }

    func isSoldOut(gift: UInt16, shard: UInt16) -> Bool {
        !soldOut.isEmpty && soldOut.contains(place(gift, shard))
    }

    /// Places that are sold out, gift packs times shards.
    var count: Int { soldOut.count }

    /// Reads the stock, unless a reading is still under way.
    func refresh(then: @escaping () -> Void = {}) {
        guard !isReading else { return then() }
        isReading = true
        var command = RedisCommand("HMGET", reserving: 16 * catalog.gifts.count)
        command.add(keys.pool)
        for gift in catalog.gifts { command.add("l\(gift.slot)") }
        redis.send(command) { [self] result in
            guard let left = (try? result.get())?.array, left.count == catalog.gifts.count else {
                isReading = false
                return then()
            }
            let empty = catalog.gifts.map(\.slot).filter { left[Int($0)].integer.map { $0 <= 0 } ?? false }
            readShards(empty, then)
        }
    }

    private func readShards(_ gifts: [UInt16], _ then: @escaping () -> Void) {
        guard !gifts.isEmpty else {
            soldOut.removeAll()
            isReading = false
            return then()
        }
        var found: Set<Int> = []
        var remaining = keys.shards
        var isWhole = true
        for shard in 0..<UInt16(keys.shards) {
            var command = RedisCommand("HMGET")
            command.add(keys.stock(shard: shard))
            for gift in gifts { command.add("a\(gift)") }
            redis.send(command) { [self] result in
                if let hands = (try? result.get())?.array, hands.count == gifts.count {
                    for (gift, hand) in zip(gifts, hands) where hand.integer ?? 0 <= 0 {
                        found.insert(place(gift, shard))
                    }
                } else {
                    isWhole = false
                }
                remaining -= 1
                guard remaining == 0 else { return }
                if isWhole { soldOut = found }
                isReading = false
                then()
            }
        }
    }

    private func place(_ gift: UInt16, _ shard: UInt16) -> Int {
        Int(gift) * keys.shards + Int(shard)
    }
}
