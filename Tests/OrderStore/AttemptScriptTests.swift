import OrderStore
import Orders
import Testing

@Suite("Attempts in Redis", .serialized)
struct AttemptScriptTests {
    private func accepted(_ fixture: Fixture, coupon: UInt64 = 1) async throws -> Order {
        var order = fixture.order(coupon)
        let decisions = try await fixture.claim([order], first: UInt32(coupon))
        guard case .accepted(let id, _) = decisions[0] else { throw Failed() }
        order.id = id
        return order
    }

    struct Failed: Error {}

    @Test("promise 4: two owners never hold one order, and an attempt follows the one before")
    func compareAndSet() async throws {
        try await Fixture.with { fixture in
            let order = try await accepted(fixture)
            #expect(try await fixture.begin(order, attempt: 2) == .madeBefore(attempts: 0))
            #expect(try await fixture.begin(order, owner: 1, attempt: 1) == .go)
            #expect(
                try await fixture.begin(order, owner: 1, attempt: 1) == .go, "asked again after a lost answer"
            )
            guard case .busy(let ms) = try await fixture.begin(order, owner: 2, attempt: 1) else {
                Issue.record("not busy")
                return
            }
            #expect(ms > 50_000)
            #expect(
                try await fixture.settle(order.id, .notGranted, attempt: 1)
                    == .init(applied: true, state: .retrying))
            #expect(try await fixture.begin(order, owner: 2, attempt: 1) == .madeBefore(attempts: 1))
            #expect(try await fixture.begin(order, owner: 2, attempt: 2) == .go)
            #expect(
                try await fixture.settle(order.id, .notGranted, attempt: 1)
                    == .init(applied: false, state: .inFlight),
                "word of an older attempt changes nothing")
            #expect(
                try await fixture.settle(order.id, .granted, attempt: 1)
                    == .init(applied: true, state: .delivered))
            #expect(try await fixture.begin(order, attempt: 3) == .closed(.delivered))
            #expect(try await fixture.store.outbox(shard: order.id.shard).isEmpty)
        }
    }

    @Test("promise 4: an attempt whose owner is gone is unknown, and goes out again only where that is said")
    func lostOwner() async throws {
        try await Fixture.with { fixture in
            let order = try await accepted(fixture)
            #expect(try await fixture.begin(order, owner: 1, attempt: 1, lifeMs: 0) == .go)
            #expect(try await fixture.begin(order, owner: 2, attempt: 1) == .unknown(attempts: 1))
            #expect(try await fixture.state(order.id) == .unknown)
            #expect(
                try await fixture.settle(order.id, .expired, attempt: 1)
                    == .init(applied: false, state: .unknown))
            #expect(try await fixture.begin(order, owner: 2, attempt: 2) == .unknown(attempts: 1))
            #expect(try await fixture.begin(order, owner: 2, attempt: 2, resend: true) == .go)
        }
    }

    @Test("promise 4: what is told late of an earlier attempt says nothing of a later one of unknown end")
    func lateWord() async throws {
        try await Fixture.with { fixture in
            let order = try await accepted(fixture)
            #expect(try await fixture.begin(order, attempt: 1) == .go)
            #expect(try await fixture.settle(order.id, .notGranted, attempt: 1).applied)
            #expect(try await fixture.begin(order, attempt: 2) == .go)
            #expect(try await fixture.settle(order.id, .lost, attempt: 2).applied)
            for event in [OrderEvent.notGranted, .refused, .parked] {
                #expect(
                    try await fixture.settle(order.id, event, attempt: 1)
                        == .init(applied: false, state: .unknown))
            }
            #expect(
                try await fixture.settle(order.id, .notGranted, attempt: 2)
                    == .init(applied: true, state: .retrying))
        }
    }

    @Test("second gate: a coupon bound to another order voids this one before anything is sent")
    func secondGate() async throws {
        try await Fixture.with { fixture in
            let order = try await accepted(fixture)
            var other = order
            other.id = OrderID(lane: 9, shard: order.id.shard, sequence: 5)
            #expect(try await fixture.begin(other, attempt: 1) == .voided)
            #expect(try await fixture.state(other.id) == .voided)
            #expect(try await fixture.begin(other, attempt: 1) == .closed(.voided))
            #expect(try await fixture.begin(order, attempt: 1) == .go)
        }
    }

    @Test("second gate: a free coupon is bound by the order that comes from Kafka")
    func bindsFree() async throws {
        try await Fixture.with { fixture in
            var order = fixture.order(5)
            order.id = OrderID(lane: 3, shard: fixture.store.keys.shard(user: order.user), sequence: 1)
            #expect(try await fixture.begin(order, attempt: 1) == .go)
            let again = try await fixture.claim([fixture.order(5)], lane: 4, first: 0)
            #expect(again == [.stored(order, inOutbox: false)])
        }
    }

    @Test("every state × event in Redis is as in the machine")
    func sameTable() async throws {
        try await Fixture.with { fixture in
            for (lane, event) in OrderEvent.allCases.enumerated() {
                for (index, start) in OrderState.allCases.enumerated() {
                    let id = OrderID(lane: UInt32(lane + 1), shard: 0, sequence: UInt32(index))
                    guard try await reach(start, id, fixture) else { continue }
                    let decision = try await fixture.settle(id, event, attempt: 0)
                    let next = start.after(event)
                    #expect(
                        decision == .init(applied: next != nil, state: next ?? start), "\(start) × \(event)")
                }
            }
        }
    }

    /// Leads a fresh order into a state by events alone.
    private func reach(_ state: OrderState, _ id: OrderID, _ fixture: Fixture) async throws -> Bool {
        let paths: [OrderState: [OrderEvent]] = [
            .none: [], .outbox: [.accepted], .held: [.acceptedHeld], .queued: [.accepted, .confirmed],
            .inFlight: [.began], .retrying: [.began, .notGranted], .unknown: [.began, .lost],
            .parked: [.began, .lost, .parked], .delivered: [.began, .granted], .rejected: [.began, .refused],
            .expired: [.accepted, .expired], .voided: [.accepted, .voided],
        ]
        for event in try #require(paths[state]) {
            #expect(try await fixture.settle(id, event, attempt: 0).applied)
        }
        return try await fixture.state(id) == state
    }
}
