import Catalog
import Orders
import Redis

/// What one loop knows of what is sold out: read from the stock that Claim keeps, about once a second.
///
/// A gift pack is sold out when the campaign's pool has none left and no shard of people has one at hand:
/// what lies in one shard Claim brings to another. A pool that Claim has not opened yet is not sold out.
/// Where Redis does not answer, the last knowledge stays: Claim's script has the last word anyway.
///
/// Owner: the connection's loop.
final class StockView {
    private var catalog: Catalog
    private let keys: StoreKeys
    private let redis: RedisRouter
    /// A bit a shard and gift slot, whole words a shard.
    private var soldOut: [UInt64]
    private var wordsAShard: Int
    private var isReading = false
    /// A reading that began before `adopt` has another shape and is dropped.
    private var readings = 0

    init(catalog: Catalog, redis: RedisRouter) {
        let storage = catalog.campaign.storage
        self.catalog = catalog
        self.redis = redis
        keys = StoreKeys(campaign: catalog.campaign.id, shards: storage.shards, buckets: storage.claimBuckets)
        wordsAShard = (catalog.gifts.count + 63) / 64
        soldOut = []
    }

    /// Goes on with an edited catalog; packs may have been added to it.
    func adopt(_ catalog: Catalog) {
        let words = (catalog.gifts.count + 63) / 64
        if words != wordsAShard {
            // Until the next reading: Claim has the last word anyway.
            soldOut.removeAll()
            wordsAShard = words
            readings += 1
        }
        self.catalog = catalog
    }

    func shard(user: UInt64) -> UInt16 { keys.shard(user: user) }

    /// What a shard of people cannot have any more.
    func soldOut(shard: UInt16) -> SoldOut {
        SoldOut(words: soldOut, start: Int(shard) * wordsAShard)
    }

    func isSoldOut(gift: UInt16, shard: UInt16) -> Bool { soldOut(shard: shard).contains(Int(gift)) }

    /// Places that are sold out, gift packs times shards.
    var count: Int { soldOut.reduce(0) { $0 + $1.nonzeroBitCount } }

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
        var atHand: Set<UInt16> = []
        let reading = readings
        var remaining = keys.shards
        var isWhole = true
        for shard in 0..<UInt16(keys.shards) {
            var command = RedisCommand("HMGET")
            command.add(keys.stock(shard: shard))
            for gift in gifts { command.add("a\(gift)") }
            redis.send(command) { [self] result in
                if let hands = (try? result.get())?.array, hands.count == gifts.count {
                    for (gift, hand) in zip(gifts, hands) where hand.integer ?? 0 > 0 { atHand.insert(gift) }
                } else {
                    isWhole = false
                }
                remaining -= 1
                guard remaining == 0 else { return }
                if isWhole, reading == readings { soldOut = places(Set(gifts).subtracting(atHand)) }
                isReading = false
                then()
            }
        }
    }

    /// These gifts, in every shard.
    private func places(_ gifts: Set<UInt16>) -> [UInt64] {
        var shard = [UInt64](repeating: 0, count: wordsAShard)
        for gift in gifts { shard[Int(gift) / 64] |= 1 << UInt64(gift % 64) }
        return Array(repeatElement(shard, count: keys.shards).joined())
    }
}

/// The gift packs that are sold out for one shard of people.
struct SoldOut {
    /// A bit a gift slot, from word `start` on; empty where nothing is sold out for anybody.
    fileprivate let words: [UInt64]
    fileprivate let start: Int

    fileprivate init(words: [UInt64], start: Int) {
        self.words = words
        self.start = start
    }

    /// Those of these slots, as a test has them.
    init(_ slots: Set<UInt16>, gifts: Int) {
        var words = [UInt64](repeating: 0, count: (gifts + 63) / 64)
        for slot in slots { words[Int(slot) / 64] |= 1 << UInt64(slot % 64) }
        self.init(words: words, start: 0)
    }

    @inline(__always)
    func contains(_ slot: Int) -> Bool {
        !words.isEmpty && words[start &+ slot >> 6] & (1 << UInt64(slot & 63)) != 0
    }
}
