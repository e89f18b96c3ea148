import Catalog
import Orders
import Redis
import Testing
import Wire

@testable import OrderStore

@Suite("Stock in Redis", .serialized)
struct StockScriptTests {
    @Test("a draw that is asked for twice is made once, and blocks shrink as the pool empties")
    func draws() async throws {
        try await StockRig.with(.packs(100_000)) { rig in
            // 100,000 ÷ (4 shards × 64) are given beside the three that were asked for.
            let first = try await rig.draw(2, wanted: 3, credited: 0)
            #expect(first == DrawnStock(drawnEver: 393, left: 99_607, version: 1))
            #expect(try await rig.draw(2, wanted: 3, credited: 0) == first)
            let second = try await rig.draw(2, wanted: 3, credited: 393)
            #expect(second.drawnEver == 393 + 392 && second.left == 99_607 - 392)
            #expect(try await rig.draw(3, wanted: 1, credited: 0).drawnEver == 1 + 387)
        }
        try await StockRig.with(.packs(100)) { rig in
            var drawn = [Int]()
            for shard in 0..<UInt16(3) {
                drawn.append(try await rig.draw(shard, wanted: 60, credited: 0).drawnEver)
            }
            #expect(drawn == [60, 40, 0])
        }
    }

    @Test(
        "stock that was drawn for nobody, or lies in shards that nobody visits, is found",
        arguments: [
            nil, AmountRule(total: 900, draw: .doubleAverage), AmountRule(total: 900, draw: .random),
            AmountRule(total: 900, draw: .presplit),
        ])
    func stranded(_ rule: AmountRule?) async throws {
        try await StockRig.with(.packs(90, rule)) { rig in
            // Drawn, and the process is gone before the shard is told.
            _ = try await rig.draw(1, wanted: 30, credited: 0)
            // Told, and not sold; then another draw that nobody hears of.
            let told = try await rig.draw(2, wanted: 30, credited: 0)
            let user = rig.user(of: 2)
            let decisions = try await rig.claim(
                [7], user: user, lane: 1, first: 0, credits: [told.credit(gift: 0)])
            guard case .accepted(_, let amount) = decisions[0] else { throw StockSeller.Endless() }
            _ = try await rig.draw(2, wanted: 30, credited: 30)
            let before = try await rig.account()
            #expect(before.packs.left == 0 && before.packs.drawnNotCredited == 60)
            #expect(before.packs.atHand == 29 && before.packs.issued == 1)
            let version = try await rig.version()
            let recalled = try await rig.recall(wanted: 1_000)
            #expect(recalled.packs == 89 && recalled.left == 0 && recalled.version == version)
            #expect(try await rig.version() > version)
            #expect(
                try await rig.recall(wanted: 1_000) == RecalledStock(packs: 0, left: 89, version: version + 2)
            )
            let after = try await rig.account()
            #expect(after.packs.left == 89 && after.packs.unissued == 89)
            #expect(after.units.map { $0.left + Int(amount) } == rule?.total)
            var sold = Int(amount)
            var seller = StockSeller(rig, loop: 0, shard: 0)
            for coupon in 100..<UInt64(189) {
                guard case .sold(let amount) = try await seller.sell(coupon) else {
                    Issue.record("coupon \(coupon) found no stock")
                    return
                }
                sold += Int(amount)
            }
            #expect(try await seller.sell(500) == .soldOut)
            if let rule { #expect(sold == rule.total) }
        }
    }

    @Test("a recall ends when enough has come back, and takes what is in the way first")
    func enough() async throws {
        try await StockRig.with(.packs(40)) { rig in
            for shard in 0..<UInt16(4) { _ = try await rig.draw(shard, wanted: 10, credited: 0) }
            // All four are asked at once; with more shards it would end after the first sixteen.
            #expect(try await rig.recall(wanted: 5).packs == 40)
            #expect(try await rig.recall(wanted: 5).isNothing == false)
        }
    }

    @Test(
        "what was put out of a shard's hand is not lost with the one who did it",
        arguments: [
            nil, AmountRule(total: 300, draw: .doubleAverage), AmountRule(total: 300, draw: .presplit),
        ])
    func interrupted(_ rule: AmountRule?) async throws {
        try await StockRig.with(.packs(30, rule)) { rig in
            let drawn = try await rig.draw(1, wanted: 30, credited: 0)
            let block = rule == nil ? [] : [0, 0, 0, 0] + drawn.amounts
            // The shard's half of a recall, twice, and nobody tells the pool.
            var replies = [RedisReply]()
            for _ in 0..<2 {
                replies.append(
                    try await rig.store.redis.run(
                        ShardStockScripts.recall,
                        keys: [
                            rig.keys.epoch(shard: 1), rig.keys.stock(shard: 1),
                            rig.keys.amounts(shard: 1, gift: 0),
                        ],
                        arguments: [
                            decimal(1), decimal(0), decimal(30), rig.gift.stockRule, block, decimal(0),
                        ]))
            }
            #expect(replies[0] == replies[1], "the last that was put out is told again")
            let account = try await rig.account()
            #expect(account.packs.givenBackNotTaken == 30 && account.packs.unissued == 30)
            if let rule { #expect(account.units?.givenBackNotTaken == rule.total) }
            #expect(try await rig.recall(wanted: 1).packs == 30)
            #expect(try await rig.account().packs.left == 30)
            if let rule { #expect(try await rig.account().units?.left == rule.total) }
        }
    }

    @Test("an act adds stock once; another act of that name adds nothing")
    func acts() async throws {
        try await StockRig.with(.packs(5, AmountRule(total: 50, draw: .presplit))) { rig in
            let act = StockAct(act: "monday", add: 10, units: 200)
            let sum = StockSum(total: 15, left: 15, units: 250)
            #expect(try await rig.add(act) == .added(sum))
            #expect(try await rig.add(act) == .addedBefore(sum))
            #expect(try await rig.add(StockAct(act: "monday", add: 11, units: 200)) == .otherAct)
            let account = try await rig.account()
            #expect(account.packs.left == 15 && account.units?.left == 250)
            let drawn = try await rig.draw(0, wanted: 15, credited: 0)
            #expect(drawn.left == 0 && drawn.amounts.count == 60)
        }
    }

    @Test("under another epoch nothing is drawn, taken back or added")
    func otherEpoch() async throws {
        try await StockRig.with(.packs(5)) { rig in
            func refused<Value>(_ body: () async throws -> Value) async {
                do {
                    _ = try await body()
                    Issue.record("not refused")
                } catch {
                    let failure = error as? RedisFailure
                    #expect(failure?.hasCode("EPOCH") == true && failure?.isSurelyNotApplied == true)
                }
            }
            for (epoch, state) in [(2, "open"), (0, "open"), (1, "closed"), (1, "fresh")]
                as [(UInt16, String)]
            {
                rig.store.epoch = epoch
                try await rig.set(state: state)
                await refused { try await rig.draw(0, wanted: 1, credited: 0) }
                await refused { try await rig.recall(wanted: 1) }
                await refused { try await rig.add(StockAct(act: "a", add: 1)) }
                await refused { try await rig.version() }
            }
            rig.store.epoch = 1
            try await rig.set(state: "open")
            #expect(try await rig.account().packs.left == 5)
        }
    }

    @Test("opening: by several, again, after a cut, and never once it is open")
    func opening() async throws {
        let gift = Gift.packs(40_000, AmountRule(total: 1_000_000, draw: .presplit))
        try await StockRig.with(gift, isFilled: false) { rig in
            try await rig.set(state: "closed")
            await #expect(throws: RedisFailure.self) { try await rig.openPool() }
            try await rig.set(state: "fresh")
            async let one: Void = rig.openPool()
            async let two: Void = rig.openPool()
            _ = try await (one, two)
            try await rig.openPool()
            try await rig.set(state: "open")
            let drawn = try await rig.draw(0, wanted: 10, credited: 0)
            try await rig.openPool()
            #expect(try await rig.draw(0, wanted: 10, credited: 0) == drawn, "open: left alone")
            let account = try await rig.account()
            #expect(account.packs.total == 40_000 && account.units?.total == 1_000_000)
            #expect(account.units?.unissued == 1_000_000)
        }
    }

    @Test("amounts that are not all written yet are not given out")
    func openingCut() async throws {
        let gift = Gift.packs(40_000, AmountRule(total: 1_000_000, draw: .presplit))
        try await StockRig.with(gift, isFilled: false) { rig in
            try await rig.set(state: "fresh")
            try await rig.openPool()
            // As if the last part had not been written.
            var command = RedisCommand.make("HDEL")
            command.add(rig.keys.pool)
            command.add("p0")
            _ = try await rig.store.redis.send(command)
            try await rig.set(state: "open")
            await #expect(throws: RedisFailure.self) { try await rig.draw(0, wanted: 1, credited: 0) }
            try await rig.fill()
            #expect(try await rig.draw(0, wanted: 1, credited: 0).drawnEver > 0)
        }
    }

    @Test("Redis computes the amounts that Core does", arguments: [AmountRule.Draw.doubleAverage, .random])
    func sameAmounts(_ draw: AmountRule.Draw) async throws {
        var random = SplitMix64(seed: 0xA0)
        for (total, packs) in [
            (300, 300), (301, 300), (4_000_000_000, 300), (12_345, 299), (1_000, 2), (9, 1),
        ] {
            try await StockRig.with(.packs(packs, AmountRule(total: total, draw: draw))) { rig in
                let chance = (0..<packs * 12).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                let reply = try await rig.store.redis.run(
                    PoolScripts.draw, keys: [rig.keys.epoch, rig.keys.pool, rig.keys.split(gift: 0)],
                    arguments: [
                        decimal(1), decimal(0), decimal(0), decimal(packs), decimal(0), decimal(256),
                        decimal(0), rig.gift.stockRule, chance,
                    ])
                var remaining = total
                var wanted = [UInt32]()
                for taken in 0..<packs {
                    let (pick, round) = (number(chance, taken * 12), number(chance, taken * 12 + 6))
                    let amount = LuckySplit.amount(
                        draw, remaining: remaining, left: packs - taken, pick: pick, round: round)
                    wanted.append(UInt32(amount))
                    remaining -= amount
                }
                #expect(remaining == 0)
                #expect(reply.array?[3].bytes?.dropFirst(4).elementsEqual(OrderStore.bytes(wanted)) == true)
            }
        }
    }

    private func number(_ bytes: [UInt8], _ at: Int) -> UInt64 {
        bytes[at..<at + 6].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
