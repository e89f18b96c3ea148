import OrderStore
import Orders
import Redis
import Testing

@Suite("Amounts in Redis", .serialized)
struct AmountTests {
    private func credit(_ from: Int, _ amounts: [UInt32]) -> StockCredit {
        StockCredit(
            gift: 0, from: from, drawnEver: from + amounts.count,
            amounts: amounts.flatMap { amount in
                withUnsafeBytes(of: amount.bigEndian) { Array($0) }
            })
    }

    private func entries(_ fixture: Fixture, _ coupons: ClosedRange<UInt64>) -> [ClaimEntry] {
        coupons.map { ClaimEntry(order: fixture.order($0), mode: .claim, hasAmount: true) }
    }

    private func amounts(_ decisions: [ClaimDecision]) -> [UInt32] {
        decisions.compactMap { if case .accepted(_, let amount) = $0 { amount } else { nil } }
    }

    private func list(_ fixture: Fixture, _ key: [UInt8]) async throws -> [UInt32] {
        var command = RedisCommand("LRANGE")
        command.add(key)
        command.add("0")
        command.add("-1")
        let reply = try await fixture.store.redis.send(command).array ?? []
        return reply.map { $0.bytes?.reduce(0) { $0 << 8 | UInt32($1) } ?? 0 }
    }

    @Test("each accepted claim carries the next amount, in its record too; repeats and refusals take none")
    func inOrder() async throws {
        try await Fixture.with { (fixture) async throws in
            let store = fixture.store
            let first = try await fixture.decide(
                entries(fixture, 1...3), first: 0, credits: [credit(0, [70, 1, 5_000_000, 9])])
            #expect(amounts(first) == [70, 1, 5_000_000])
            // The same credit again, and one of which the beginning was credited before.
            let second = try await fixture.decide(
                entries(fixture, 2...6), first: 3,
                credits: [credit(0, [70, 1, 5_000_000, 9]), credit(2, [5_000_000, 9, 4])])
            #expect(amounts(second) == [9, 4])
            #expect(second[4] == .noStock)
            guard case .stored(let stored, true) = second[0] else {
                Issue.record("\(second[0])")
                return
            }
            #expect(stored.amount == 1)
            let mine = try await store.awaiting { $0.orders(user: 1, then: $1) }
            let told = mine.map(\.amount).sorted()
            #expect(told == [1, 4, 9, 70, 5_000_000])
            let shard = stored.id.shard
            #expect(try await list(fixture, store.keys.amounts(shard: shard, gift: 0)).isEmpty)
            #expect(try await fixture.number(store.keys.stock(shard: shard), "a0") == 0)
            #expect(try await fixture.number(store.keys.stock(shard: shard), "c0") == 5)
        }
    }

    @Test("a block behind one that was not told is not credited: no amount is invented or left out")
    func gap() async throws {
        try await Fixture.with { (fixture) async throws in
            let decisions = try await fixture.decide(
                entries(fixture, 1...1), first: 0, credits: [credit(2, [3, 4])])
            #expect(decisions == [.noStock])
            let shard = fixture.store.keys.shard(user: 1)
            #expect(try await fixture.number(fixture.store.keys.stock(shard: shard), "c0") == nil)
        }
    }

    @Test("a refused order gives its amount back, and fixed packs beside it are not touched")
    func refused() async throws {
        try await Fixture.with { (fixture) async throws in
            let store = fixture.store
            var held = entries(fixture, 1...1)[0]
            held.isHeld = true
            let fixed = ClaimEntry(order: fixture.order(2, gift: 1), mode: .claim)
            let decisions = try await fixture.decide(
                [held, fixed], first: 0,
                credits: [credit(0, [70, 30]), StockCredit(gift: 1, drawnEver: 1)])
            guard case .accepted(let id, 70) = decisions[0], case .accepted(_, 1) = decisions[1] else {
                Issue.record("\(decisions)")
                return
            }
            let waiting = try await store.awaiting { $0.heldOrder(id, then: $1) }
            let order = try #require(waiting?.order)
            #expect(order.amount == 70)
            let said = try await store.awaiting { $0.refuse(order, hasAmount: true, then: $1) }
            #expect(said == .refused)
            #expect(try await list(fixture, store.keys.amounts(shard: id.shard, gift: 0)) == [30, 70])
            #expect(try await fixture.number(store.keys.stock(shard: id.shard), "a0") == 2)
        }
    }

    @Test("promise 5: an order from Kafka that binds its coupon anew takes its pack, and its amount, once")
    func bound() async throws {
        try await Fixture.with { (fixture) async throws in
            let store = fixture.store
            var lost = fixture.order(9)
            lost.amount = 30
            lost.id = OrderID(lane: 3, shard: store.keys.shard(user: 1), sequence: 1)
            _ = try await fixture.decide(
                entries(fixture, 1...1), first: 0, credits: [credit(0, [5, 70, 30, 30])])
            #expect(try await fixture.begin(lost, attempt: 1) == .go)
            #expect(try await fixture.begin(lost, attempt: 1) == .go)
            let shard = lost.id.shard
            #expect(try await list(fixture, store.keys.amounts(shard: shard, gift: 0)) == [70, 30])
            #expect(try await fixture.number(store.keys.stock(shard: shard), "a0") == 2)
            // Where nothing is at hand the next draws fill it.
            var other = fixture.order(10, gift: 2)
            other.id = OrderID(lane: 3, shard: shard, sequence: 2)
            #expect(try await fixture.begin(other, attempt: 1) == .go)
            #expect(try await fixture.number(store.keys.stock(shard: shard), "a2") == -1)
            let next = try await fixture.decide(
                [ClaimEntry(order: fixture.order(11, gift: 2), mode: .claim)], first: 5,
                credits: [StockCredit(gift: 2, drawnEver: 1)])
            #expect(next == [.noStock])
        }
    }
}
