import Catalog
import Orders
import Redis

/// What came of taking unissued stock back from the shards.
package struct RecalledStock: Sendable, Equatable {
    /// Packs that came back into the pool.
    package var packs: Int
    /// Packs left in the pool, those not counted.
    package var left: Int
    /// The pool's version before anything was taken back.
    package var version: Int

    package init(packs: Int, left: Int, version: Int) {
        self.packs = packs
        self.left = left
        self.version = version
    }

    /// The gift is sold out as far as that version goes.
    package var isNothing: Bool { packs == 0 && left == 0 }
}

extension OrderStore {
    /// Takes stock that lies unissued in shards back into the pool, where the pool is empty: shard after
    /// shard, beginning behind `shard`, until `wanted` packs have come together.
    ///
    /// Each shard is credited first with what it has drawn, so that a draw whose process is gone is found
    /// too; then its hand is emptied; then the pool takes that in. All three are cumulative: whoever stops in
    /// between, the next finds what is on the way. Others may claim, draw and recall meanwhile.
    package func recall(
        gift: Gift, wanted: Int, beginningBehind shard: UInt16, then: @escaping Answer<RecalledStock>
    ) {
        viewPool(gift) { [self] result in
            switch result {
            case .failure(let failure): then(.failure(failure))
            case .success(let view):
                guard view.left == 0 else {
                    return then(.success(RecalledStock(packs: 0, left: view.left, version: view.version)))
                }
                let order = (1...keys.shards).map { (Int(shard) + $0) % keys.shards }
                let round = RecallRound(store: self, gift: gift, wanted: wanted, view: view, order: order)
                round.go(then: then)
            }
        }
    }

    struct PoolView {
        var left: Int
        var version: Int
        /// Of each shard.
        var drawn: [Int]
        var givenBack: [Int]
    }

    private func viewPool(_ gift: Gift, then: @escaping Answer<PoolView>) {
        let shards = keys.shards
        let arguments = [decimal(gift.slot), decimal(shards)]
        callCampaign(PoolScripts.view, keys: [keys.pool], arguments: arguments, then: then) { reply in
            guard let row = reply.array?.compactMap({ $0.integer }), row.count == 2 + shards * 2 else {
                return nil
            }
            return PoolView(
                left: Int(row[0]), version: Int(row[1]),
                drawn: (0..<shards).map { Int(row[2 + $0 * 2]) },
                givenBack: (0..<shards).map { Int(row[3 + $0 * 2]) })
        }
    }

    /// Everything that one shard has at hand, back into the pool; the answer counts packs.
    fileprivate func recall(
        _ gift: Gift, shard: UInt16, drawn: Int, block: [UInt8], givenBack: Int, then: @escaping Answer<Int>
    ) {
        let arguments = [
            decimal(gift.slot), decimal(drawn), gift.stockRule, block, decimal(givenBack),
        ]
        let keys = [keys.stock(shard: shard), keys.amounts(shard: shard, gift: gift.slot)]
        let put: Answer<(ever: Int, amounts: [UInt8])> = { [self] result in
            switch result {
            case .failure(let failure): then(.failure(failure))
            case .success(let out):
                if out.ever < 0 {
                    return recallWithBlock(gift, shard: shard, givenBack: givenBack, then: then)
                }
                guard out.ever > givenBack else { return then(.success(0)) }
                giveBack(gift, shard: shard, ever: out.ever, amounts: out.amounts) { [self] result in
                    guard case .success(let packs) = result else { return then(result) }
                    // What was put out before had not reached the pool: there may be more at hand.
                    recall(gift, shard: shard, drawn: drawn, block: [], givenBack: out.ever) { rest in
                        then(rest.map { $0 + packs })
                    }
                }
            }
        }
        callShard(ShardStockScripts.recall, shard: shard, keys: keys, arguments: arguments, then: put) {
            reply in
            guard let row = reply.array, row.count == 2, let ever = row[0].integer, let amounts = row[1].bytes
            else { return nil }
            return (Int(ever), amounts)
        }
    }

    /// The shard has not been told of its last block of amounts: the pool still has it.
    private func recallWithBlock(
        _ gift: Gift, shard: UInt16, givenBack: Int, then: @escaping Answer<Int>
    ) {
        draw(gift: gift, shard: shard, wanted: 0, creditedEver: 0) { [self] result in
            switch result {
            case .failure(let failure): then(.failure(failure))
            case .success(let last):
                var block = withUnsafeBytes(of: UInt32(last.from).bigEndian) { Array($0) }
                block += last.amounts
                recall(
                    gift, shard: shard, drawn: last.drawnEver, block: block, givenBack: givenBack, then: then)
            }
        }
    }

    private func giveBack(
        _ gift: Gift, shard: UInt16, ever: Int, amounts: [UInt8], then: @escaping Answer<Int>
    ) {
        let arguments = [decimal(gift.slot), decimal(shard), decimal(ever), gift.stockRule, amounts]
        let keys = [keys.pool, keys.split(gift: gift.slot)]
        callCampaign(PoolScripts.giveBack, keys: keys, arguments: arguments, then: then) {
            $0.integer.map(Int.init)
        }
    }
}

/// One recall on its way: so many shards at a time, no more than are needed.
///
/// Confined to the store's loop, on which every answer arrives.
private final class RecallRound {
    /// Shards asked at once.
    static let width = 16

    private let store: OrderStore
    private let gift: Gift
    private let wanted: Int
    private let view: OrderStore.PoolView
    private var order: ArraySlice<Int>
    private var open = 0
    private var packs = 0
    private var failure: RedisFailure?

    init(store: OrderStore, gift: Gift, wanted: Int, view: OrderStore.PoolView, order: [Int]) {
        self.store = store
        self.gift = gift
        self.wanted = wanted
        self.view = view
        self.order = order[...]
    }

    func go(then: @escaping OrderStore.Answer<RecalledStock>) {
        let shards = order.prefix(Self.width)
        order = order.dropFirst(Self.width)
        open = shards.count
        for shard in shards {
            store.recall(
                gift, shard: UInt16(shard), drawn: view.drawn[shard], block: [],
                givenBack: view.givenBack[shard]
            ) { [self] result in
                switch result {
                case .success(let count): packs += count
                case .failure(let cause): failure = cause
                }
                open -= 1
                if open == 0 { ended(then) }
            }
        }
    }

    private func ended(_ then: @escaping OrderStore.Answer<RecalledStock>) {
        // What has come back is there, whatever went wrong elsewhere.
        if packs < wanted, !order.isEmpty, failure == nil { return go(then: then) }
        if let failure, packs == 0 { return then(.failure(failure)) }
        then(.success(RecalledStock(packs: packs, left: view.left, version: view.version)))
    }
}
