import OrderStore
import Orders
import Redis
import Testing

@Suite("The run, as every script looks at it", .serialized)
struct ScriptRunTests {
    /// Every script that a loop runs: claims, the outbox, attempts, held orders, lanes, caps.
    private enum Call: CaseIterable {
        case claim, confirm, confirmHeld, overdue, begin, settle, approve, refuse
        case acquireLane, renewLanes, liveLanes, takeCap, lend

        var isOfShard: Bool {
            switch self {
            case .acquireLane, .renewLanes, .liveLanes, .takeCap, .lend: false
            default: true
            }
        }
    }

    private func run(_ call: Call, _ order: Order, _ fixture: Fixture) async throws(RedisFailure) {
        let shard = order.id.shard
        let store = fixture.store
        switch call {
        case .claim:
            _ = try await store.awaiting { store, then in
                store.claim(
                    shard: shard, lane: 9, firstSequence: 7, outboxMax: 10,
                    credits: [StockCredit(gift: 0, drawnEver: 5_000)],
                    entries: [ClaimEntry(order: order, mode: .claim)], then: then)
            }
        case .confirm:
            _ = try await store.awaiting { $0.confirm(shard: shard, orders: [order.id], then: $1) }
        case .confirmHeld:
            _ = try await store.awaiting { $0.confirmHeld(shard: shard, orders: [order.id], then: $1) }
        case .overdue:
            _ = try await store.awaiting { $0.overdue(shard: shard, ageMs: 0, most: 9, then: $1) }
        case .begin:
            _ = try await store.awaiting { store, then in
                store.begin(
                    shard: shard, owner: 1, lifeMs: 1_000,
                    entries: [AttemptEntry(order: order, attempt: 1, resendsUnknown: false)], then: then)
            }
        case .settle:
            _ = try await store.awaiting { store, then in
                store.settle(
                    shard: shard, entries: [SettleEntry(order: order.id, event: .granted, attempt: 1)],
                    then: then)
            }
        case .approve:
            _ = try await store.awaiting { $0.approve(order, operator: "eve", needed: 1, then: $1) }
        case .refuse: _ = try await store.awaiting { $0.refuse(order, hasAmount: false, then: $1) }
        case .acquireLane: _ = try await store.awaiting { $0.acquireLane(owner: 5, leaseMs: 9, then: $1) }
        case .renewLanes:
            _ = try await store.awaiting { $0.renewLanes([101], owner: 5, leaseMs: 0, then: $1) }
        case .liveLanes: _ = try await store.awaiting { $0.liveLanes(then: $1) }
        case .lend:
            _ = try await store.awaiting { $0.lend(instance: 5, sequence: 1, entry: [7], then: $1) }
        case .takeCap:
            _ = try await store.awaiting { $0.takeOperatorCap(operator: "eve", day: 1, cap: 9, then: $1) }
        }
    }

    /// Where the run is another one every call is refused, and Redis holds what it held.
    private func allRefused(
        _ calls: [Call], _ order: Order, _ fixture: Fixture, _ why: String
    ) async throws {
        let before = try await fixture.contents()
        for call in calls {
            do throws(RedisFailure) {
                try await run(call, order, fixture)
                Issue.record("\(call) ran although \(why)")
            } catch {
                #expect(error.hasCode("EPOCH") && error.isSurelyNotApplied, "\(call): \(error)")
            }
        }
        let after = try await fixture.contents()
        #expect(after == before, "\(why)")
    }

    private func accepted(_ fixture: Fixture) async throws -> Order {
        var order = fixture.order(1)
        let decisions = try await fixture.claim([order], first: 0)
        guard case .accepted(let id, _) = decisions[0] else { throw RedisFailure(errorReply: "ERR") }
        order.id = id
        _ = try await fixture.store.awaiting { $0.acquireLane(owner: 5, leaseMs: 60_000, then: $1) }
        return order
    }

    @Test("a shard of another epoch, of a rebuilder, or of nobody: nothing runs and nothing is written")
    func shards() async throws {
        try await Fixture.with { (fixture) async throws in
            let order = try await accepted(fixture)
            let calls = Call.allCases.filter(\.isOfShard)
            fixture.store.epoch = 0
            try await allRefused(calls, order, fixture, "the caller knows no epoch")
            fixture.store.epoch = 2
            try await allRefused(calls, order, fixture, "the caller's epoch is not open yet")
            let key = fixture.store.keys.epoch(shard: order.id.shard)
            fixture.store.epoch = 1
            for token in ["2", "R2:0123456789abcdef", "R1:0123456789abcdef", ""] {
                var command = RedisCommand("SET")
                command.add(key)
                command.add(token)
                _ = try await fixture.store.redis.send(command)
                try await allRefused(calls, order, fixture, "the shard says \"\(token)\"")
            }
            var command = RedisCommand("DEL")
            command.add(key)
            _ = try await fixture.store.redis.send(command)
            try await allRefused(calls, order, fixture, "the shard was lost")
        }
    }

    @Test("a campaign that is closed, being opened, lost or of another epoch gives no lane")
    func campaign() async throws {
        try await Fixture.with { (fixture) async throws in
            let order = try await accepted(fixture)
            let calls = Call.allCases.filter { !$0.isOfShard }
            func say(_ epoch: String, _ state: String) async throws {
                var command = RedisCommand("HSET")
                command.add(fixture.store.keys.epoch)
                for word in ["epoch", epoch, "state", state] { command.add(word) }
                _ = try await fixture.store.redis.send(command)
            }
            for (epoch, state) in [("1", "closed"), ("1", "fresh"), ("2", "open"), ("2", "closed")] {
                try await say(epoch, state)
                try await allRefused(calls, order, fixture, "the campaign says \(epoch) \(state)")
            }
            var command = RedisCommand("DEL")
            command.add(fixture.store.keys.epoch)
            _ = try await fixture.store.redis.send(command)
            try await allRefused(calls, order, fixture, "the campaign was lost")
            try await fixture.openEpoch(3)
            for call in calls { try await run(call, order, fixture) }
        }
    }
}
