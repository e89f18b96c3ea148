import Catalog
import Orders
import Redis

/// Where a gift's stock is, packs or the units of lucky packets.
///
/// Read shard after shard: while nothing is claimed, drawn or recalled it is exact.
package struct StockAccount: Sendable, Equatable {
    package var total = 0
    /// In the pool.
    package var left = 0
    /// Unissued in shards.
    package var atHand = 0
    /// Drawn from the pool, and the shard has not been told yet.
    package var drawnNotCredited = 0
    /// Put out of a shard's hands by a recall, and the pool has not been told yet.
    package var givenBackNotTaken = 0

    package init() {}

    /// All that no order holds.
    package var unissued: Int { left + atHand + drawnNotCredited + givenBackNotTaken }
    /// What orders must add up to: issued + left = stock.
    package var issued: Int { total - unissued }
}

extension OrderStore {
    /// A gift's account over the pool and all shards: packs, and for a lucky packet its units.
    package func stockAccount(
        gift: Gift
    ) async throws(RedisFailure) -> (packs: StockAccount, units: StockAccount?) {
        let pool = try await numbers { store, then in
            store.callCampaign(
                PoolScripts.account, keys: [store.keys.pool],
                arguments: [decimal(gift.slot), decimal(store.keys.shards)], then: then,
                decode: Self.integers)
        }
        guard pool.count == 4 + keys.shards * 4 else { throw .strangeAccount }
        var packs = StockAccount()
        var units = StockAccount()
        (packs.total, packs.left, units.total, units.left) = (pool[0], pool[1], pool[2], pool[3])
        for shard in 0..<keys.shards {
            let row = try await numbers { store, then in
                let shard = UInt16(shard)
                store.callShard(
                    ShardStockScripts.account, shard: shard,
                    keys: [
                        store.keys.stock(shard: shard), store.keys.amounts(shard: shard, gift: gift.slot),
                    ],
                    arguments: [decimal(gift.slot)], then: then, decode: Self.integers)
            }
            guard row.count == 5 else { throw .strangeAccount }
            let at = 4 + shard * 4
            let (drawn, taken, block) = (pool[at], pool[at + 1], pool[at + 2])
            let (atHand, credited, putOut) = (row[0], row[1], row[2])
            packs.atHand += atHand
            units.atHand += row[3]
            packs.drawnNotCredited += drawn - credited
            if drawn > credited { units.drawnNotCredited += block }
            packs.givenBackNotTaken += putOut - taken
            if putOut > taken { units.givenBackNotTaken += row[4] }
        }
        return (packs, gift.amount == nil ? nil : units)
    }

    private func numbers(
        _ body: @escaping @Sendable (OrderStore, @escaping Answer<[Int]>) -> Void
    ) async throws(RedisFailure) -> [Int] {
        try await awaiting(body)
    }

    private static func integers(_ reply: RedisReply) -> [Int]? {
        reply.array?.compactMap { $0.integer.map(Int.init) }
    }
}

extension RedisFailure {
    fileprivate static let strangeAccount = RedisFailure(
        kind: .unknown, message: "a stock account of another shape")
}
