import Catalog
import OrderStore
import Orders
import Testing

@Suite("Stock sold by several loops and shards", .serialized)
struct StockSaleTests {
    /// Every loop sells in every shard at once; each coupon is claimed by one of them.
    private func sell(
        _ rig: StockRig, coupons: Range<UInt64>, losses: UInt64
    ) async throws -> [StockSeller.Sale] {
        let places = rig.stores.count * rig.keys.shards
        return try await withThrowingTaskGroup(of: [StockSeller.Sale].self) { group in
            for place in 0..<places {
                group.addTask {
                    var seller = StockSeller(
                        rig, loop: place % rig.stores.count, shard: UInt16(place / rig.stores.count),
                        losses: losses, seed: coupons.lowerBound)
                    var sales = [StockSeller.Sale]()
                    for coupon in coupons where Int(coupon) % places == place {
                        sales.append(try await seller.sell(coupon))
                    }
                    return sales
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func amounts(_ sales: [StockSeller.Sale]) -> [Int] {
        sales.compactMap { if case .sold(let amount) = $0 { Int(amount) } else { nil } }
    }

    static let packs = 200
    static let gifts: [Gift] = [
        .packs(packs), .packs(packs, AmountRule(total: packs * 20, draw: .doubleAverage)),
        .packs(packs, AmountRule(total: packs * 20, draw: .random)),
        .packs(packs, AmountRule(total: packs * 20, draw: .presplit)),
        .packs(packs, AmountRule(total: packs, draw: .doubleAverage)),
    ]

    @Test(
        "promise 5: with answers lost at random the last pack is sold, and the units add up", arguments: gifts
    )
    func drained(_ gift: Gift) async throws {
        try await StockRig.with(gift, loops: 3) { rig in
            let sales = try await sell(rig, coupons: 1..<321, losses: 5)
            let amounts = amounts(sales)
            #expect(amounts.count == Self.packs && sales.count == 320)
            let account = try await rig.account()
            #expect(account.packs.total == Self.packs && account.packs.issued == Self.packs)
            #expect(account.packs.unissued == 0)
            guard let rule = gift.amount else { return #expect(account.units == nil) }
            #expect(amounts.reduce(0, +) == rule.total && amounts.allSatisfy { $0 >= 1 })
            #expect(account.units?.issued == rule.total && account.units?.left == 0)
        }
    }

    @Test(
        "promise 5: stock that is added after the last pack was sold is sold to the last one",
        arguments: gifts)
    func filledUp(_ gift: Gift) async throws {
        try await StockRig.with(gift, loops: 2) { rig in
            let first = try await sell(rig, coupons: 1..<261, losses: 0)
            let version = try await rig.version()
            let act = StockAct(act: "monday", add: 77, units: gift.amount == nil ? 0 : 770)
            guard case .added(let sum) = try await rig.add(act) else { throw StockSeller.Endless() }
            #expect(sum.total == Self.packs + 77 && sum.left == 77)
            #expect(try await rig.version() > version, "who holds it for sold out looks again")
            let second = try await sell(rig, coupons: 1_000..<1_200, losses: 0)
            #expect(amounts(first).count == Self.packs && amounts(second).count == 77)
            guard let rule = gift.amount else { return }
            #expect((amounts(first) + amounts(second)).reduce(0, +) == rule.total + 770)
        }
    }

    @Test("promise 5: while stock is added in the middle of the sale nothing is lost or sold twice")
    func filledUpMeanwhile() async throws {
        let gift = Gift.packs(200, AmountRule(total: 2_000, draw: .doubleAverage))
        try await StockRig.with(gift, loops: 3) { rig in
            async let sold = sell(rig, coupons: 1..<301, losses: 3)
            for number in 0..<10 {
                let act = StockAct(act: "\(number % 5)", add: 10, units: 55)
                let answer = try await rig.add(act)
                switch answer {
                case .added: #expect(number < 5)
                case .addedBefore: #expect(number >= 5)
                case .otherAct: Issue.record("the act is the same")
                }
            }
            let early = try await sold
            let late = try await sell(rig, coupons: 1_000..<1_300, losses: 3)
            let all = amounts(early) + amounts(late)
            #expect(all.count == 250 && all.reduce(0, +) == 2_000 + 5 * 55)
            #expect(try await rig.account().packs.unissued == 0)
        }
    }
}
