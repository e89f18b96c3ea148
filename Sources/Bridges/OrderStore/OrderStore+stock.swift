import Catalog
import Orders
import Redis

/// What came of asking the pool for stock of a shard.
package struct DrawnStock: Sendable, Equatable {
    /// All that the shard has been given, ever; the shard is told so with ``credit(gift:)``.
    package var drawnEver: Int
    /// Packs left in the pool.
    package var left: Int
    /// The pool's version at that moment: what is sold out now is sold out until it grows.
    package var version: Int
    /// Of a lucky packet: how much had been drawn before the last block, and its amounts.
    package var from = 0
    package var amounts: [UInt8] = []

    package init(drawnEver: Int, left: Int, version: Int, from: Int = 0, amounts: [UInt8] = []) {
        self.drawnEver = drawnEver
        self.left = left
        self.version = version
        self.from = from
        self.amounts = amounts
    }

    package func credit(gift: UInt16) -> StockCredit {
        StockCredit(gift: gift, from: from, drawnEver: drawnEver, amounts: amounts)
    }
}

extension Gift {
    /// How the pool's scripts are told what kind of packs these are.
    var stockRule: [UInt8] {
        switch amount?.draw {
        case nil: [UInt8(ascii: "-")]
        case .doubleAverage?: [UInt8(ascii: "d")]
        case .random?: [UInt8(ascii: "r")]
        case .presplit?: [UInt8(ascii: "p")]
        }
    }
}

extension OrderStore {
    /// Packs that a draw takes at most beside what is asked for: of fixed items, and of lucky packets, whose
    /// amounts are computed one by one.
    static let prefetch = (fixed: 4096, amounts: 256)

    /// Draws stock for a shard. The answer is what the shard has drawn ever, to be told to the claim script.
    ///
    /// - Parameters:
    ///   - wanted: packs asked for. While the pool is full more is given: 1/64 of the shard's even share of
    ///     what is left, so that what shards hold unissued shrinks with the pool.
    ///   - creditedEver: the last such number that the shard has surely been told; a draw that was done but
    ///     not heard of is found again by it, and not repeated.
    package func draw(
        gift: Gift, shard: UInt16, wanted: Int, creditedEver: Int, then: @escaping Answer<DrawnStock>
    ) {
        let beside = gift.amount == nil ? Self.prefetch.fixed : Self.prefetch.amounts
        let isDrawnNow = gift.amount.map { $0.draw != .presplit } ?? false
        let arguments = [
            decimal(gift.slot), decimal(shard), decimal(wanted), decimal(creditedEver),
            decimal(keys.shards * 64), decimal(beside), gift.stockRule,
            isDrawnNow && wanted > 0 ? RandomBytes.make(12 * (wanted + beside)) : [],
        ]
        let keys = [keys.pool, keys.split(gift: gift.slot)]
        callCampaign(PoolScripts.draw, keys: keys, arguments: arguments, then: then) { reply in
            guard let row = reply.array, row.count == 4, let drawnEver = row[0].integer,
                let left = row[1].integer, let version = row[2].integer, let block = row[3].bytes
            else { return nil }
            var drawn = DrawnStock(drawnEver: Int(drawnEver), left: Int(left), version: Int(version))
            if !block.isEmpty {
                guard block.count >= 4, block.count % 4 == 0 else { return nil }
                drawn.from = block[0..<4].reduce(0) { $0 << 8 | Int($1) }
                drawn.amounts = Array(block.dropFirst(4))
                guard drawn.amounts.count == (drawn.drawnEver - drawn.from) * 4 else { return nil }
            }
            return drawn
        }
    }

    /// The pool's version: it grows when stock is added or comes back, and then whoever has found something
    /// sold out looks again.
    package func poolVersion(then: @escaping Answer<Int>) {
        callCampaign(PoolScripts.version, keys: [keys.pool], arguments: [], then: then) {
            $0.integer.map(Int.init)
        }
    }

    /// Makes everybody look again: a shard has got stock back into its hand, as when a held order is refused.
    package func announceStock(then: @escaping Answer<Int>) {
        callCampaign(PoolScripts.version, keys: [keys.pool], arguments: [[1]], then: then) {
            $0.integer.map(Int.init)
        }
    }
}
