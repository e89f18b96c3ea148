import Catalog
import Orders
import Redis
import Stack
import Testing

@testable import OrderStore

@Suite("Epochs, by the real scripts")
struct EpochTests {
    private static func standing(_ store: OrderStore) async throws -> Standing {
        try await store.awaiting { store, then in store.standing(then: then) }
    }

    private static func lane(_ store: OrderStore) async throws -> UInt32 {
        try await store.awaiting { store, then in store.acquireLane(owner: 1, leaseMs: 10_000, then: then) }
    }

    private static func openFresh(_ store: OrderStore, _ floor: UInt32) async throws {
        try await store.awaiting { store, then in
            store.openFresh(catalog: EpochCatalog.catalog, laneFloor: floor, then: then)
        }
    }

    private static func taken(
        _ store: OrderStore, owner: UInt64 = 5, leaseMs: Int64 = 60_000, floor: UInt16 = 0
    ) async throws -> RebuildTenure {
        guard
            case .taken(let tenure) = try await store.takeRebuild(
                owner: owner, leaseMs: leaseMs, floor: floor)
        else { throw RedisFailure(kind: .unknown, message: "busy") }
        return tenure
    }

    /// A campaign that is open under epoch 1.
    private static func withOpen(_ body: (Fixture) async throws -> Void) async throws {
        try await Fixture.with { fixture in
            let store = fixture.store
            _ = try await store.redis.send(.make("FLUSHALL"))
            _ = try await store.awaiting { store, then in store.markFresh(then: then) }
            try await openFresh(store, 500)
            store.epoch = 1
            try await body(fixture)
        }
    }

    @Test("a new campaign is opened once, by however many processes")
    func fresh() async throws {
        try await Fixture.with { (fixture) async throws in
            let store = fixture.store
            _ = try await store.redis.send(.make("FLUSHALL"))
            #expect(try await Self.standing(store) == .empty)
            // Without the mark nobody opens anything: it may be a Redis that was lost.
            try await Self.openFresh(store, 500)
            #expect(try await Self.standing(store) == .empty)
            _ = try await store.redis.send(.make("FLUSHALL"))
            for _ in 0..<2 { _ = try await store.awaiting { store, then in store.markFresh(then: then) } }
            #expect(try await Self.standing(store) == .fresh)
            try await Self.openFresh(store, 500)
            #expect(try await Self.standing(store) == .open(epoch: 1))
            #expect(try await store.shardsNotOpen(epoch: 1).isEmpty)
            store.epoch = 1
            #expect(try await Self.lane(store) == 501)
            // One that comes late changes nothing.
            _ = try await store.awaiting { store, then in store.markFresh(then: then) }
            try await Self.openFresh(store, 9_000)
            #expect(try await Self.lane(store) == 502)
        }
    }

    @Test("a restart shows as a strange run")
    func restarted() async throws {
        try await Self.withOpen { (fixture) async throws in
            #expect(try await Self.standing(fixture.store) == .open(epoch: 1))
            fixture.server.stop()
            try fixture.server.restart(keepingData: true)
            try await fixture.store.redis.ready(within: .seconds(10))
            #expect(try await Self.standing(fixture.store) == .strangeRun(epoch: 1))
        }
    }

    @Test("what is under the old epoch is refused from the fence on, and surely not applied")
    func fenced() async throws {
        try await Self.withOpen { (fixture) async throws in
            let store = fixture.store
            let tenure = try await Self.taken(store)
            #expect(tenure.epoch == 2)
            #expect(try await Self.standing(store) == .closed(epoch: 2))
            #expect(try await store.fenceShards(tenure) == nil)
            do {
                _ = try await fixture.decide(
                    [ClaimEntry(order: fixture.order(1), mode: .claim)], first: 0,
                    credits: [StockCredit(gift: 0, drawnEver: 5)])
                Issue.record("claimed through the fence")
            } catch let failure as RedisFailure {
                #expect(failure.hasCode("EPOCH") && failure.isSurelyNotApplied)
            }
            await #expect(throws: RedisFailure.self) { try await Self.lane(store) }
            let runs = try await store.awaiting { store, then in store.runs(then: then) }
            try await store.restore(tenure, campaignHash: store.keys.lanes, [("next", "70000")])
            try await store.openShards(tenure)
            #expect(try await store.openRebuilt(tenure, runs: runs))
            #expect(try await Self.standing(store) == .open(epoch: 2))
            store.epoch = 2
            #expect(try await Self.lane(store) == 70_001)
        }
    }

    @Test("one rebuild at a time; one that was taken for dead writes nothing any more")
    func tenures() async throws {
        try await Self.withOpen { (fixture) async throws in
            let store = fixture.store
            let first = try await Self.taken(store, owner: 5)
            #expect(try await store.fenceShards(first) == nil)
            guard case .busy(let leftMs) = try await store.takeRebuild(owner: 6, leaseMs: 1, floor: 0) else {
                Issue.record("two at once")
                return
            }
            #expect(leftMs > 0)
            #expect(try await store.keepRebuild(first, leaseMs: 1))
            // Its lease of a millisecond ends.
            var second: RebuildTenure?
            while second == nil {
                if case .taken(let tenure) = try await store.takeRebuild(owner: 6, leaseMs: 60_000, floor: 7)
                {
                    second = tenure
                }
            }
            let mine = try #require(second)
            #expect(mine.epoch == 8)
            #expect(try await store.fenceShards(mine) == nil)
            #expect(try await store.keepRebuild(first, leaseMs: 60_000) == false)
            #expect(try await store.fenceShards(first) == 8)
            let key = store.keys.attempts(shard: 1)
            for body: () async throws -> Void in [
                { try await store.restore(first, shard: 1, hash: key, set: [([1], [2])]) },
                { try await store.restore(first, shard: 1, strings: [(key, [1])]) },
                { try await store.restore(first, campaignHash: store.keys.pool, [("l0", "1")]) },
                { try await store.openShards(first) },
            ] {
                await #expect(throws: RedisFailure.self) { try await body() }
            }
            let runs = try await store.awaiting { store, then in store.runs(then: then) }
            #expect(try await store.openRebuilt(first, runs: runs) == false)
            try await store.openShards(mine)
            #expect(try await store.openRebuilt(mine, runs: runs))
        }
    }

    @Test("a shard that a master has lost is noticed")
    func lostShard() async throws {
        try await Self.withOpen { (fixture) async throws in
            let store = fixture.store
            var command = RedisCommand("DEL")
            command.add(store.keys.epoch(shard: 2))
            _ = try await store.redis.send(command)
            #expect(try await store.shardsNotOpen(epoch: 1) == [2])
        }
    }
}
