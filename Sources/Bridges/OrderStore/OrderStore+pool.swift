import Catalog
import Orders
import Redis

/// Filling the pool, and filling it up.
extension OrderStore {
    /// Amounts that are written in one call: 64 KiB.
    private static let splitPart = 16_384

    /// Makes the pool known to Redis, where it is not yet: packs of every gift, and what lucky packets hold.
    ///
    /// Any number of processes may do it at once, and one that was cut short is gone on with. Refused with
    /// `EPOCH` while Redis is rebuilt; nothing happens once the campaign is open.
    package func openPool(_ catalog: Catalog, then: @escaping Answer<Void>) {
        var arguments = [[UInt8]]()
        for gift in catalog.gifts {
            arguments += [
                decimal(gift.slot), decimal(gift.stock), gift.amount.map { decimal($0.total) } ?? [],
                gift.amount?.draw == .presplit ? decimal(UInt64.random(in: 0 ... .max)) : [],
            ]
        }
        let splits: Answer<[PresplitFilling]> = { [self] result in
            switch result {
            case .failure(let failure): then(.failure(failure))
            case .success(let splits): fill(splits[...], then: then)
            }
        }
        callCampaign(PoolScripts.open, keys: [keys.pool], arguments: arguments, then: splits) { reply in
            reply.array.map { row in
                stride(from: 0, to: row.count - 1, by: 2).compactMap { at in
                    guard let slot = row[at].integer, let seed = row[at + 1].string.flatMap({ UInt64($0) }),
                        catalog.gifts.indices.contains(Int(slot))
                    else { return nil }
                    let gift = catalog.gifts[Int(slot)]
                    return PresplitFilling(
                        gift: gift.slot, packs: gift.stock, units: gift.amount?.total ?? 0, seed: seed)
                }
            }
        }
    }

    /// A split that is to be written, the same by everybody since the seed is.
    struct PresplitFilling {
        var gift: UInt16
        var packs: Int
        var units: Int
        var seed: UInt64
    }

    /// Writes splits one after the other; each becomes usable with its last part.
    func fill(_ splits: ArraySlice<PresplitFilling>, then: @escaping Answer<Void>) {
        guard let split = splits.first else { return then(.success(())) }
        let amounts = LuckySplit.split(total: split.units, count: split.packs, seed: split.seed)
        fill(split, amounts, from: 0) { [self] result in
            if case .failure = result { return then(result) }
            fill(splits.dropFirst(), then: then)
        }
    }

    private func fill(
        _ split: PresplitFilling, _ amounts: [UInt32], from first: Int, then: @escaping Answer<Void>
    ) {
        let end = min(first + Self.splitPart, amounts.count)
        let arguments = [
            decimal(split.gift), decimal(split.seed), decimal(first * 4), Self.bytes(amounts[first..<end]),
            [UInt8(ascii: end == amounts.count ? "1" : "0")],
        ]
        let keys = [keys.pool, keys.split(gift: split.gift)]
        let next: Answer<Bool> = { [self] result in
            switch result {
            case .failure(let failure): then(.failure(failure))
            case .success(let isWanted):
                guard isWanted, end < amounts.count else { return then(.success(())) }
                fill(split, amounts, from: end, then: then)
            }
        }
        callCampaign(PoolScripts.fillSplit, keys: keys, arguments: arguments, then: next) {
            $0.integer.map { $0 == 1 }
        }
    }

    static func bytes(_ amounts: some Sequence<UInt32>) -> [UInt8] {
        var bytes = [UInt8]()
        for amount in amounts {
            withUnsafeBytes(of: amount.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }
}

/// Stock that an operator adds while the campaign runs.
package struct StockAct: Sendable, Equatable {
    /// Its name: an act is applied once however often it is told.
    package var act: String
    /// Packs, at least one.
    package var add: Int
    /// Of a lucky packet: units for them, at least one each; 0 otherwise.
    package var units: Int

    package init(act: String, add: Int, units: Int = 0) {
        self.act = act
        self.add = add
        self.units = units
    }
}

/// What came of adding stock.
package enum StockAnswer: Sendable, Equatable {
    case added(StockSum)
    /// The act had been applied before.
    case addedBefore(StockSum)
    /// An act of that name added something else: nothing has happened.
    case otherAct
}

/// A gift's stock in the pool.
package struct StockSum: Sendable, Equatable {
    /// Packs there are, sold ones included.
    package var total: Int
    /// Packs that no shard has drawn.
    package var left: Int
    /// Units of a lucky packet there are.
    package var units: Int

    package init(total: Int, left: Int, units: Int) {
        self.total = total
        self.left = left
        self.units = units
    }
}

/// A gift's stock in the pool, and what is remembered of an act.
package struct StockLook: Sendable, Equatable {
    package var sum: StockSum
    /// nil: no act of that name was applied.
    package var known: StockAct?
    /// Whether it added to this gift.
    package var isOfGift = false
}

extension OrderStore {
    /// What a gift has in the pool, and whether an act of that name was applied.
    package func stockSum(gift: Gift, act: String, then: @escaping Answer<StockLook>) {
        let arguments = [decimal(gift.slot), Array(act.utf8)]
        callCampaign(PoolScripts.look, keys: [keys.pool], arguments: arguments, then: then) { reply in
            guard let row = reply.array, row.count == 4, let total = row[0].integer,
                let left = row[1].integer, let units = row[2].integer, let what = row[3].string
            else { return nil }
            var look = StockLook(sum: StockSum(total: Int(total), left: Int(left), units: Int(units)))
            let parts = what.split(separator: ":").compactMap { Int($0) }
            if parts.count == 3 {
                look.known = StockAct(act: act, add: parts[1], units: parts[2])
                look.isOfGift = parts[0] == Int(gift.slot)
            }
            return look
        }
    }

    /// Adds stock to the pool. Only after the act stands in `.control`, which a rebuild reads.
    package func addStock(gift: Gift, _ act: StockAct, then: @escaping Answer<StockAnswer>) {
        var amounts = [UInt8]()
        if gift.amount?.draw == .presplit {
            let seed = UInt64.random(in: 0 ... .max)
            amounts = Self.bytes(LuckySplit.split(total: act.units, count: act.add, seed: seed))
        }
        let arguments = [
            decimal(gift.slot), Array(act.act.utf8), decimal(act.add), decimal(act.units), gift.stockRule,
            amounts,
        ]
        let keys = [keys.pool, keys.split(gift: gift.slot)]
        callCampaign(PoolScripts.add, keys: keys, arguments: arguments, then: then) { reply in
            guard let row = reply.array?.compactMap({ $0.integer }), row.count == 4 else { return nil }
            let sum = StockSum(total: Int(row[1]), left: Int(row[2]), units: Int(row[3]))
            switch row[0] {
            case 1: return .added(sum)
            case 0: return .addedBefore(sum)
            default: return .otherAct
            }
        }
    }
}
