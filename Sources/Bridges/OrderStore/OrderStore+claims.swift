import Catalog
import Orders
import Redis

extension OrderStore {
    /// Decides claims of one shard in one call. Accepted ones are numbered `firstSequence`, + 1, …
    ///
    /// For each: a stored order is told of first of all; then the quotas, the outbox's room and the stock
    /// must allow it.
    /// - Parameters:
    ///   - quotas: counted only where there are any.
    ///   - entries: 1 to ``maxBatch``, all of the shard's people, `firstSequence + entries.count` within the
    ///     lane. On an unknown end the caller burns that whole range.
    package func claim(
        shard: UInt16, lane: UInt32, firstSequence: UInt32, outboxMax: Int, credits: [StockCredit],
        quotas: Quotas = .none, entries: [ClaimEntry], then: @escaping Answer<[ClaimDecision]>
    ) {
        precondition(!entries.isEmpty && entries.count <= Self.maxBatch)
        let lastSequence = firstSequence + UInt32(entries.count) - 1
        precondition(lastSequence < OrderID.sequencesPerLane)
        let perChunk = StoreKeys.ordersPerChunk
        var table = ClaimTable(entries, credits)
        var places = [
            keys.outbox(shard: shard), keys.stock(shard: shard),
            keys.states(shard: shard, lane: lane, chunk: firstSequence / perChunk),
            keys.states(shard: shard, lane: lane, chunk: lastSequence / perChunk),
            keys.held(shard: shard),
        ]
        places.reserveCapacity(places.count + table.piles.count + entries.count * 2)
        for gift in table.piles { places.append(keys.amounts(shard: shard, gift: gift)) }
        for entry in entries { places.append(keys.claims(user: entry.order.user)) }
        if !quotas.isEmpty {
            for entry in entries { places.append(keys.quotas(user: entry.order.user)) }
        }
        table.arguments = [
            decimal(lane), decimal(UInt64(shard) << 22), decimal(firstSequence), decimal(outboxMax),
            table.plan, table.pileOfGift,
            quotas.isEmpty ? [] : quotas.bytes, decimal(credits.count),
        ]
        table.add(credits)
        table.addGifts()
        let first = OrderID(lane: lane, shard: shard, sequence: firstSequence).rawValue
        for (index, entry) in entries.enumerated() {
            var order = entry.order
            order.id = OrderID(rawValue: first + UInt64(index))
            table.arguments.append(order.coupon.bigEndianBytes)
            table.arguments.append(ClaimRecord.encode(order))
        }
        callShard(
            ClaimScript.script, shard: shard, keys: places, arguments: table.arguments, then: then
        ) { reply in
            Self.decisions(reply, entries, first: OrderID(rawValue: first))
        }
    }

    /// Reads the script's reply, see ``ClaimScript``.
    static func decisions(
        _ reply: RedisReply, _ entries: [ClaimEntry], first: OrderID
    ) -> [ClaimDecision]? {
        guard let parts = reply.array, parts.count >= 2, let codes = parts[0].bytes,
            let amounts = parts[1].bytes, codes.count == entries.count
        else { return nil }
        var decisions = [ClaimDecision]()
        decisions.reserveCapacity(codes.count)
        var next = first
        var stored = 2
        var amountAt = 0
        for (entry, code) in zip(entries, codes) {
            switch code {
            case UInt8(ascii: "n"):
                var amount = entry.order.amount
                if entry.hasAmount {
                    guard amountAt + 4 <= amounts.count else { return nil }
                    amount = amounts[amountAt..<amountAt + 4].reduce(0) { $0 << 8 | UInt32($1) }
                    amountAt += 4
                }
                decisions.append(.accepted(next, amount: amount))
                next = OrderID(rawValue: next.rawValue + 1)
            case UInt8(ascii: "d"), UInt8(ascii: "w"):
                guard stored < parts.count, let bytes = parts[stored].bytes,
                    let order = ClaimRecord.decode(bytes, coupon: entry.order.coupon)
                else { return nil }
                stored += 1
                decisions.append(.stored(order, inOutbox: code == UInt8(ascii: "w")))
            case UInt8(ascii: "m"): decisions.append(.notStored)
            case UInt8(ascii: "f"): decisions.append(.outboxFull)
            case UInt8(ascii: "s"): decisions.append(.noStock)
            case UInt8(ascii: "p"): decisions.append(.overQuota(.person))
            case UInt8(ascii: "g"): decisions.append(.overQuota(.gift))
            case UInt8(ascii: "y"): decisions.append(.overQuota(.day))
            default: return nil
            }
        }
        return decisions
    }
}

/// What a batch's claims have in common: its gift packs, each named once, and their lists of amounts.
private struct ClaimTable {
    /// Two bytes a claim: flags, and the place of its gift. A batch has at most 256 claims, so that it fits.
    private(set) var plan: [UInt8] = []
    /// For each gift two bytes: the place of its list among `piles` from 1; 0 for none.
    private(set) var pileOfGift: [UInt8] = []
    /// Gifts whose lists of amounts are touched.
    private(set) var piles: [UInt16] = []
    private var gifts: [UInt16] = []
    var arguments: [[UInt8]] = []

    init(_ entries: [ClaimEntry], _ credits: [StockCredit]) {
        plan.reserveCapacity(entries.count * 2)
        for entry in entries {
            let gift = entry.order.gift
            let place: Int
            if let known = gifts.firstIndex(of: gift) {
                place = known
            } else {
                place = gifts.count
                gifts.append(gift)
                let pile = entry.hasAmount ? pile(gift) : 0
                pileOfGift += [UInt8(pile >> 8), UInt8(pile & 0xFF)]
            }
            plan.append((entry.mode == .claim ? 1 : 0) | (entry.isHeld ? 2 : 0))
            plan.append(UInt8(place))
        }
        for credit in credits where !credit.amounts.isEmpty { _ = pile(credit.gift) }
    }

    private mutating func pile(_ gift: UInt16) -> Int {
        if let known = piles.firstIndex(of: gift) { return known + 1 }
        piles.append(gift)
        return piles.count
    }

    mutating func add(_ credits: [StockCredit]) {
        for credit in credits {
            arguments.append(decimal(credit.gift))
            arguments.append(decimal(credit.from))
            arguments.append(decimal(credit.drawnEver))
            arguments.append(credit.amounts.isEmpty ? decimal(0) : decimal(pile(credit.gift)))
            arguments.append(credit.amounts)
        }
    }

    mutating func addGifts() {
        for gift in gifts { arguments.append(Array("a\(gift)".utf8)) }
    }
}

extension Quotas {
    /// As the claim script reads them.
    fileprivate var bytes: [UInt8] {
        let offset = dayOffsetMinutes + 1440
        return [perPerson ?? .max, perPersonGift ?? .max, perPersonDay ?? .max, offset].flatMap { most in
            withUnsafeBytes(of: UInt32(clamping: most).bigEndian) { Array($0) }
        }
    }
}
