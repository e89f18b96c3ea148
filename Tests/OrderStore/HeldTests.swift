import OrderStore
import Orders
import Redis
import Testing

@Suite("Held orders in Redis", .serialized)
struct HeldTests {
    private func held(_ fixture: Fixture, _ coupon: UInt64 = 1, first: UInt32 = 0) async throws -> Order {
        var order = fixture.order(coupon)
        let decisions = try await fixture.decide(
            [ClaimEntry(order: order, mode: .claim, isHeld: true)], first: first,
            credits: [StockCredit(gift: 0, drawnEver: 10)])
        guard case .accepted(let id, _) = decisions[0] else { throw RedisFailure(errorReply: "ERR") }
        order.id = id
        return order
    }

    private func atHand(_ fixture: Fixture, _ order: Order) async throws -> Int64? {
        try await fixture.number(fixture.store.keys.stock(shard: order.id.shard), "a0")
    }

    private func overdue(_ fixture: Fixture, _ order: Order) async throws -> [OutboxEntry] {
        let shard = order.id.shard
        return try await fixture.store.awaiting { $0.overdue(shard: shard, ageMs: 0, most: 10, then: $1) }
    }

    private func approve(
        _ fixture: Fixture, _ order: Order, by name: String, needed: Int
    ) async throws -> ApprovalDecision {
        try await fixture.store.awaiting { $0.approve(order, operator: name, needed: needed, then: $1) }
    }

    @Test("promise 3: a held order goes to .held, waits, is released, and goes to its game")
    func approval() async throws {
        try await Fixture.with { fixture in
            let order = try await held(fixture)
            let store = fixture.store
            #expect(try await fixture.state(order.id) == .held)
            #expect(try await overdue(fixture, order) == [OutboxEntry(order: order, isHeld: true)])
            #expect(try await fixture.begin(order, attempt: 1) == .withAPerson(.held))
            let left = try await store.awaiting {
                $0.confirmHeld(shard: order.id.shard, orders: [order.id], then: $1)
            }
            #expect(left == 1)
            #expect(try await overdue(fixture, order).isEmpty)
            #expect(try await fixture.state(order.id) == .held)
            let waiting = try await store.awaiting { $0.heldOrders(shard: order.id.shard, then: $1) }
            #expect(waiting.map(\.order) == [order] && waiting[0].firstApprover == nil)
            let nowMs = try await fixture.nowMs()
            #expect(abs(waiting[0].heldAtMs - nowMs) < 60_000)
            #expect(try await approve(fixture, order, by: "eve", needed: 1) == .released(order))
            #expect(try await fixture.state(order.id) == .outbox)
            #expect(try await overdue(fixture, order) == [OutboxEntry(order: order, isHeld: false)])
            #expect(try await approve(fixture, order, by: "eve", needed: 1) == .notHeld(.outbox))
            let none = try await store.awaiting { $0.heldOrder(order.id, then: $1) }
            #expect(none == nil)
            // Word of the record in .held, come late, must not take the released order for queued.
            let late = try await store.awaiting {
                $0.confirmHeld(shard: order.id.shard, orders: [order.id], then: $1)
            }
            #expect(late == 0)
            #expect(try await fixture.state(order.id) == .outbox)
            _ = try await store.awaiting { $0.confirm(shard: order.id.shard, orders: [order.id], then: $1) }
            #expect(try await fixture.state(order.id) == .queued)
            #expect(try await fixture.begin(order, attempt: 1) == .go)
        }
    }

    @Test("two persons: the same one twice does not do")
    func twoPersons() async throws {
        try await Fixture.with { fixture in
            let order = try await held(fixture)
            #expect(try await approve(fixture, order, by: "eve", needed: 2) == .firstOfTwo)
            #expect(try await approve(fixture, order, by: "eve", needed: 2) == .sameOperator)
            let one = try await fixture.store.awaiting { $0.heldOrder(order.id, then: $1) }
            #expect(one?.firstApprover == "eve" && one?.order == order)
            #expect(try await fixture.state(order.id) == .held)
            #expect(try await approve(fixture, order, by: "ann", needed: 2) == .released(order))
        }
    }

    @Test("promise 5: a refused order is voided, its pack comes back once, and its coupon stays spent")
    func refusal() async throws {
        try await Fixture.with { fixture in
            let order = try await held(fixture)
            func refuse() async throws -> RefusalDecision {
                try await fixture.store.awaiting { $0.refuse(order, hasAmount: false, then: $1) }
            }
            #expect(try await atHand(fixture, order) == 9)
            #expect(try await refuse() == .refused)
            #expect(try await atHand(fixture, order) == 10)
            #expect(try await refuse() == .notHeld(.voided))
            #expect(try await approve(fixture, order, by: "eve", needed: 1) == .notHeld(.voided))
            #expect(try await atHand(fixture, order) == 10)
            #expect(try await fixture.state(order.id) == .voided)
            #expect(try await overdue(fixture, order).isEmpty)
            let again = try await fixture.claim([fixture.order(1)], first: 9, stock: 10)
            #expect(again == [.stored(order, inOutbox: false)])
        }
    }

    @Test("an operator releases so many a day")
    func caps() async throws {
        try await Fixture.with { (fixture) async throws in
            func take(_ name: String, _ day: Int) async throws -> Bool {
                try await fixture.store.awaiting { store, then in
                    store.takeOperatorCap(operator: name, day: day, cap: 2, then: then)
                }
            }
            for (name, day, isFree) in [
                ("eve", 1, true), ("eve", 1, true), ("eve", 1, false), ("ann", 1, true), ("eve", 2, true),
            ] {
                #expect(try await take(name, day) == isFree)
            }
        }
    }
}
