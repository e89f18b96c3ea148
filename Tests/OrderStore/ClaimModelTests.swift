import Catalog
import OrderStore
import Orders
import Redis
import Testing
import Wire

/// The claim script as plain code: one shard, claim by claim, as its contract says it.
private struct ClaimModel {
    var claims: [UInt64: Order] = [:]
    var outbox: Set<OrderID> = []
    var states: [OrderID: OrderState] = [:]
    var atHand: [UInt16: Int] = [:]
    var piles: [UInt16: [UInt32]] = [:]
    var credited: [UInt16: Int] = [:]
    var counts: [UInt64: QuotaRecord] = [:]

    mutating func credit(_ credit: StockCredit) {
        let known = credited[credit.gift] ?? 0
        guard credit.drawnEver > known, credit.amounts.isEmpty || known >= credit.from else { return }
        let units = stride(from: 0, to: credit.amounts.count, by: 4).map { at in
            credit.amounts[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) }
        }
        piles[credit.gift, default: []] += units.dropFirst(known - credit.from)
        atHand[credit.gift, default: 0] += credit.drawnEver - known
        credited[credit.gift] = credit.drawnEver
    }

    mutating func decide(
        _ entry: ClaimEntry, next: inout OrderID, room: inout Int, quotas: Quotas, day: UInt16
    ) -> ClaimDecision {
        if let stored = claims[entry.order.coupon] {
            return .stored(stored, inOutbox: outbox.contains(stored.id))
        }
        if entry.mode == .lookUp { return .notStored }
        let user = entry.order.user
        let gift = entry.order.gift
        if !quotas.isEmpty, let counted = counts[user] {
            if Int(counted.total) >= quotas.perPerson ?? .max { return .overQuota(.person) }
            if Int(counted.count(of: gift)) >= quotas.perPersonGift ?? .max { return .overQuota(.gift) }
            if counted.day == day, Int(counted.inDay) >= quotas.perPersonDay ?? .max {
                return .overQuota(.day)
            }
        }
        if room <= 0 { return .outboxFull }
        if atHand[gift, default: 0] <= 0 { return .noStock }
        var order = entry.order
        order.id = next
        if entry.hasAmount { order.amount = piles[gift]?.removeFirst() ?? 0 }
        atHand[gift, default: 0] -= 1
        claims[order.coupon] = order
        outbox.insert(order.id)
        states[order.id] = entry.isHeld ? .held : .outbox
        if !quotas.isEmpty { counts[user, default: QuotaRecord()].add(gift: gift, day: day) }
        next = OrderID(rawValue: next.rawValue + 1)
        room -= 1
        return .accepted(order.id, amount: order.amount)
    }
}

@Suite("The claim script against its model", .serialized)
struct ClaimModelTests {
    private static let amountGift: UInt16 = 2

    @Test("random batches of claims, repeats, holds, amounts and confirmations", arguments: [1, 2, 3, 4])
    func random(_ seed: UInt64) async throws {
        try await Fixture.with { fixture in
            var random = SplitMix64(seed: seed)
            let store = fixture.store
            let users = (1...200).map { UInt64($0) }.filter { store.keys.shard(user: $0) == 1 }
            let quotas = seed % 2 == 0 ? Quotas(perPerson: 30, perPersonGift: 9, perPersonDay: 28) : .none
            let day = QuotaRecord.day(atMs: try await fixture.nowMs(), offsetMinutes: 0)
            var model = ClaimModel()
            // Near a chunk's end, so that batches cross it.
            var next = OrderID(lane: 5, shard: 1, sequence: 4096 - 40)
            var drawn: [UInt16: Int] = [:]
            for _ in 0..<60 {
                let entries = Self.entries(&random, fixture, users)
                let credits = Self.credits(&random, &drawn)
                var room = Int.random(in: 0...3, using: &random) == 0 ? 6 : 60
                let outboxMax = room + model.outbox.count
                for credit in credits { model.credit(credit) }
                let first = next.sequence
                let expected = entries.map {
                    model.decide($0, next: &next, room: &room, quotas: quotas, day: day)
                }
                let decisions = try await fixture.decide(
                    entries, lane: 5, first: first, outboxMax: outboxMax, credits: credits, quotas: quotas)
                #expect(decisions == expected)
                try await Self.confirmSome(&random, &model, fixture)
            }
            #expect(try await store.states(model.states.keys) == model.states)
            #expect(try await store.outbox(shard: 1) == model.outbox)
            #expect(Set(try await store.allClaims(shard: 1).map(\.id)) == Set(model.claims.values.map(\.id)))
            for (gift, count) in model.atHand {
                #expect(try await fixture.number(store.keys.stock(shard: 1), "a\(gift)") == Int64(count))
            }
            #expect(model.claims.count > 150)
        }
    }

    private static func entries(
        _ random: inout SplitMix64, _ fixture: Fixture, _ users: [UInt64]
    ) -> [ClaimEntry] {
        (0..<Int.random(in: 1...30, using: &random)).map { _ in
            let user = users[Int.random(in: 0..<min(20, users.count), using: &random)]
            let gift = UInt16.random(in: 0..<4, using: &random)
            // A coupon names its holder, as every claim that has come so far does.
            let coupon = user << 8 | UInt64.random(in: 0..<40, using: &random)
            return ClaimEntry(
                order: fixture.order(coupon, user: user, gift: gift),
                mode: Int.random(in: 0..<8, using: &random) == 0 ? .lookUp : .claim,
                isHeld: Int.random(in: 0..<6, using: &random) == 0, hasAmount: gift == amountGift)
        }
    }

    /// Credits of what was drawn before and now, some told twice.
    private static func credits(_ random: inout SplitMix64, _ drawn: inout [UInt16: Int]) -> [StockCredit] {
        var credits = [StockCredit]()
        for gift in UInt16(0)..<4 where Bool.random(using: &random) {
            let from = drawn[gift, default: 0]
            let count = Int.random(in: 1...12, using: &random)
            drawn[gift] = from + count
            let amounts = (0..<count).flatMap { index in
                withUnsafeBytes(of: UInt32(from + index + 1).bigEndian) { Array($0) }
            }
            let credit = StockCredit(
                gift: gift, from: from, drawnEver: from + count, amounts: gift == amountGift ? amounts : [])
            credits += Bool.random(using: &random) ? [credit] : [credit, credit]
        }
        return credits
    }

    private static func confirmSome(
        _ random: inout SplitMix64, _ model: inout ClaimModel, _ fixture: Fixture
    ) async throws {
        let ids = model.outbox.sorted().filter { _ in Int.random(in: 0..<3, using: &random) != 0 }
        let held = ids.filter { model.states[$0] == .held }
        let plain = ids.filter { model.states[$0] != .held }
        let confirmed = try await fixture.store.awaiting { store, then in
            store.confirm(shard: 1, orders: plain.shuffled(), then: then)
        }
        let left = try await fixture.store.awaiting { store, then in
            store.confirmHeld(shard: 1, orders: held, then: then)
        }
        #expect(confirmed == plain.count && left == held.count)
        for id in plain { model.states[id] = .queued }
        model.outbox.subtract(ids)
    }
}
