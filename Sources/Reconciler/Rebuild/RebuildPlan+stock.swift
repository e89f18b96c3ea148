import Catalog
import Orders
import Wire

/// The stock and the quotas that follow from the orders: what was issued is gone, all else is in the pool.
extension RebuildPlan {
    /// Packs and units of a gift pack: all there ever were, and what is left of them.
    struct Stock: Equatable, Sendable {
        var total: Int
        var issued: Int
        /// Nil for a pack of fixed items.
        var units: Int?
        var issuedUnits = 0

        /// Below 0 when more was issued than there is.
        var left: Int { total - issued }
        var unitsLeft: Int { (units ?? 0) - issuedUnits }
    }

    func stock(_ gift: Gift) -> Stock {
        let places = issued[gift.slot]?.values.map { $0 } ?? []
        let added = acts.values.filter { $0.gift == gift.slot }
        var stock = Stock(
            total: added.reduce(gift.stock) { $0 + $1.add }, issued: places.reduce(0) { $0 + $1.packs })
        if let rule = gift.amount {
            stock.units = added.reduce(rule.total) { $0 + $1.units }
            stock.issuedUnits = places.reduce(0) { $0 + $1.units }
        }
        return stock
    }

    /// The fields of the campaign's pool: each shard has drawn exactly what it has issued, and gave nothing
    /// back.
    ///
    /// - Parameters:
    ///   - epoch: makes the version one that no loop has seen.
    ///   - seed: for what is split beforehand.
    func pool(epoch: UInt16, seed: UInt64) -> [(field: String, value: String)] {
        var fields = [("v", "\(Int(epoch) << 32)")]
        for gift in catalog.gifts {
            let (slot, stock) = (gift.slot, stock(gift))
            fields += [("t\(slot)", "\(stock.total)"), ("l\(slot)", "\(stock.left)")]
            for (shard, place) in (issued[slot] ?? [:]).sorted(by: { $0.key < $1.key }) {
                fields.append(("d\(slot):\(shard)", "\(place.packs)"))
            }
            guard let rule = gift.amount else { continue }
            fields += [("w\(slot)", "\(stock.units ?? 0)"), ("u\(slot)", "\(stock.unitsLeft)")]
            if rule.draw == .presplit { fields += [("s\(slot)", "\(seed)"), ("p\(slot)", "0")] }
        }
        for (act, what) in acts.sorted(by: { $0.key < $1.key }) {
            fields.append(("x\(act)", "\(what.gift):\(what.add):\(what.units)"))
        }
        return fields.map { (field: $0.0, value: $0.1) }
    }

    /// The amounts of the packs that are left, split anew, 4 bytes each; nil where nothing is split
    /// beforehand.
    func split(_ gift: Gift, seed: UInt64) -> [UInt8]? {
        guard gift.amount?.draw == .presplit else { return nil }
        let stock = stock(gift)
        guard stock.left > 0, stock.unitsLeft >= stock.left else { return [] }
        var bytes = ByteWriter()
        for amount in LuckySplit.split(total: stock.unitsLeft, count: stock.left, seed: seed) {
            bytes.u32(amount)
        }
        return bytes.bytes
    }

    /// The fields of a shard's stock: nothing at hand.
    func shardStock(_ shard: UInt16) -> [(field: String, value: String)] {
        catalog.gifts.compactMap { gift in
            issued[gift.slot]?[shard].map { (field: "c\(gift.slot)", value: "\($0.packs)") }
        }
    }

    /// What each person of a shard has had: total u16, day u16, in that day u16, then gift u16 and count u8
    /// of each pack; see ``StoreKeys``. Empty where the campaign has no quotas.
    func quotas(_ shard: UInt16) -> [UInt64: [UInt8]] {
        let quotas = catalog.campaign.quotas
        guard !quotas.isEmpty else { return [:] }
        struct Counts {
            var total = 0
            var day = 0
            var inDay = 0
            var gifts: [UInt16: Int] = [:]
        }
        var people: [UInt64: Counts] = [:]
        for entry in shards[Int(shard)] where entry.isBound {
            let day = Int((entry.order.claimedAtMs + Int64(quotas.dayOffsetMinutes) * 60_000) / 86_400_000)
            var counts = people[entry.order.user] ?? Counts()
            counts.total += 1
            if day > counts.day { (counts.day, counts.inDay) = (day, 0) }
            if day == counts.day { counts.inDay += 1 }
            counts.gifts[entry.order.gift, default: 0] += 1
            people[entry.order.user] = counts
        }
        return people.mapValues { counts in
            var bytes = ByteWriter()
            for number in [counts.total, counts.day, counts.inDay] { bytes.u16(UInt16(clamping: number)) }
            for (gift, count) in counts.gifts.sorted(by: { $0.key < $1.key }) {
                bytes.u16(gift)
                bytes.u8(UInt8(clamping: count))
            }
            return bytes.bytes
        }
    }
}
