import OrderStore
import Orders
import Redis
import Testing

@Suite("Claims in Redis", .serialized)
struct ClaimScriptTests {
    @Test("promise 1: a thousand claims of one coupon, in many batches, give one order")
    func oneCoupon() async throws {
        try await Fixture.with { fixture in
            let order = fixture.order(99)
            let decisions = try await withThrowingTaskGroup(of: [ClaimDecision].self) { group in
                for batch in 0..<20 {
                    group.addTask {
                        try await fixture.claim(
                            [Order](repeating: order, count: 50), lane: UInt32(batch + 1), first: 0)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            var ids = Set<OrderID>()
            var accepted = 0
            for decision in decisions {
                switch decision {
                case .accepted(let id, _):
                    accepted += 1
                    ids.insert(id)
                case .stored(let stored, let inOutbox):
                    ids.insert(stored.id)
                    #expect(inOutbox)
                default: Issue.record("\(decision)")
                }
            }
            #expect(decisions.count == 1_000 && accepted == 1 && ids.count == 1)
        }
    }

    @Test("promise 5: never more than the stock, and a credit told twice counts once")
    func stock() async throws {
        try await Fixture.with { fixture in
            var accepted = 0
            for batch in 0..<5 {
                let orders = (0..<10).map { fixture.order(UInt64(batch * 10 + $0)) }
                let decisions = try await fixture.claim(orders, first: UInt32(batch * 10), stock: 23)
                accepted += decisions.filter { if case .accepted = $0 { true } else { false } }.count
            }
            #expect(accepted == 23)
        }
    }

    @Test("a look-up finds the stored order and never makes one; a full outbox refuses")
    func lookUpAndRoom() async throws {
        try await Fixture.with { fixture in
            #expect(try await fixture.claim([fixture.order(1)], first: 0, mode: .lookUp) == [.notStored])
            let accepted = try await fixture.claim(
                [fixture.order(1), fixture.order(2)], first: 0, outboxMax: 1)
            #expect(accepted[1] == .outboxFull)
            guard case .accepted(let id, _) = accepted[0] else {
                Issue.record("\(accepted)")
                return
            }
            let found = try await fixture.claim([fixture.order(1)], first: 5, mode: .lookUp)
            var expected = fixture.order(1)
            expected.id = id
            #expect(found == [.stored(expected, inOutbox: true)])
            _ = try await fixture.store.awaiting { store, then in
                store.confirm(shard: id.shard, orders: [id], then: then)
            }
            #expect(
                try await fixture.claim([fixture.order(1)], first: 5) == [.stored(expected, inOutbox: false)])
            #expect(try await fixture.state(id) == .queued)
            let all = try await fixture.store.awaiting { store, then in store.orders(user: 1, then: then) }
            #expect(all == [expected])
            #expect(try await fixture.store.allClaims(shard: id.shard) == [expected])
        }
    }

    @Test("numbers are dense across a chunk's border and repeats take none")
    func numbering() async throws {
        try await Fixture.with { fixture in
            let first = StoreKeys.ordersPerChunk - 2
            let orders = [1, 1, 2, 3, 4].map { fixture.order($0) }
            let decisions = try await fixture.claim(orders, first: first)
            let ids = decisions.compactMap { if case .accepted(let id, _) = $0 { id } else { nil } }
            #expect(ids.map(\.sequence) == [first, first + 1, first + 2, first + 3])
            for id in ids { #expect(try await fixture.state(id) == .outbox) }
            let states = try await fixture.store.states(ids)
            #expect(states.values.allSatisfy { $0 == .outbox } && states.count == 4)
        }
    }

    @Test("the sweep finds what is overdue, with its whole record")
    func overdue() async throws {
        try await Fixture.with { fixture in
            let decisions = try await fixture.claim([fixture.order(1), fixture.order(2)], first: 0)
            guard case .accepted(let id, _) = decisions[0] else {
                Issue.record("\(decisions)")
                return
            }
            func overdue(_ ageMs: Int64) async throws -> [OutboxEntry] {
                try await fixture.store.awaiting { store, then in
                    store.overdue(shard: id.shard, ageMs: ageMs, most: 10, then: then)
                }
            }
            #expect(try await overdue(60_000).isEmpty)
            #expect(Set(try await overdue(0).map(\.order.coupon)) == [1, 2])
            #expect(try await fixture.store.outbox(shard: id.shard).count == 2)
        }
    }

    @Test("promise 2: lanes are never given twice, and none is given without the counter")
    func lanes() async throws {
        try await Fixture.with { fixture in
            func lane() async throws -> UInt32 {
                try await fixture.store.awaiting { store, then in
                    store.acquireLane(owner: 5, leaseMs: 60_000, then: then)
                }
            }
            #expect(try await lane() == 101)
            #expect(try await lane() == 102)
            let live = try await fixture.store.awaiting { store, then in store.liveLanes(then: then) }
            #expect(live == [101, 102])
            let kept = try await fixture.store.awaiting { store, then in
                store.renewLanes([102, 1], owner: 5, leaseMs: 0, then: then)
            }
            #expect(kept == [true, false])
            #expect(try await lane() == 103)
            var command = RedisCommand("DEL")
            command.add(fixture.store.keys.lanes)
            _ = try await fixture.store.redis.send(command)
            await #expect(throws: RedisFailure.self) { try await lane() }
        }
    }
}
