import OrderStore
import Orders
import Redis
import Testing

@Suite("The reconcilers' lease in a real Redis", .serialized)
struct RunLeaseTests {
    private static let lease: Int64 = 60_000

    private func begin(_ fixture: Fixture, _ owner: UInt64, everyMs: Int64 = 0) async throws -> RunTurn {
        try await fixture.store.beginRun(owner: owner, leaseMs: Self.lease, everyMs: everyMs)
    }

    private func begun(_ fixture: Fixture, _ owner: UInt64) async throws -> RunTenure {
        guard case .begun(let tenure) = try await begin(fixture, owner) else {
            throw RedisFailure(kind: .neverSent, message: "not begun")
        }
        return tenure
    }

    /// Moves the lease's end, or the begin of the last run, by Redis's clock, as if time had passed.
    private func age(_ fixture: Fixture, _ field: String, byMs: Int64) async throws {
        var get = RedisCommand("HGET")
        get.add(fixture.store.keys.runs)
        get.add(field)
        let held = try #require(try await fixture.store.redis.send(get).bytes)
        let atMs = held.suffix(6).reduce(Int64(0)) { $0 << 8 | Int64($1) } - byMs
        var set = RedisCommand("HSET")
        set.add(fixture.store.keys.runs)
        set.add(field)
        set.add(held.dropLast(6) + UInt64(atMs).bigEndianBytes.suffix(6))
        _ = try await fixture.store.redis.send(set)
    }

    @Test("one at a time; the next has a greater number")
    func oneAtATime() async throws {
        try await Fixture.with { (fixture) async throws in
            let first = try await begun(fixture, 1)
            #expect(first.number == 1 && first.epoch == 1 && first.lastSealed == 0)
            guard case .busy(let left) = try await begin(fixture, 2) else {
                Issue.record("two at once")
                return
            }
            #expect(left > 0 && left <= Self.lease)
            #expect(try await fixture.store.lookRun().owner == 1)
            #expect(try await fixture.store.keepRun(first, leaseMs: Self.lease))
            #expect(try await fixture.store.sealRun(first, .report, leaseMs: Self.lease))
            #expect(try await fixture.store.endRun(first))
            let look = try await fixture.store.lookRun()
            #expect(look.number == 1 && look.owner == nil && look.leftMs == 0)
            let second = try await begun(fixture, 2)
            #expect(second.number == 2 && second.lastSealed == 1)
        }
    }

    @Test("whoever stood still for longer than the lease is refused, taken over or not")
    func stoodStill() async throws {
        try await Fixture.with { (fixture) async throws in
            let first = try await begun(fixture, 1)
            try await age(fixture, "h", byMs: Self.lease)
            let store = fixture.store
            #expect(try await !store.keepRun(first, leaseMs: Self.lease))
            #expect(try await !store.sealRun(first, .report, leaseMs: Self.lease))
            let second = try await begun(fixture, 2)
            #expect(second.number == 2 && second.lastSealed == 0)
            #expect(try await !store.keepRun(first, leaseMs: Self.lease))
            #expect(try await !store.sealRun(first, .statement, leaseMs: Self.lease))
            #expect(try await !store.endRun(first))
            #expect(try await store.sealRun(second, .report, leaseMs: Self.lease))
            // The same process again, under a later number: its former run counts no more.
            try await age(fixture, "h", byMs: Self.lease)
            let third = try await begun(fixture, 1)
            #expect(try await !store.sealRun(first, .report, leaseMs: Self.lease))
            #expect(try await store.sealRun(third, .report, leaseMs: Self.lease))
        }
    }

    @Test("a periodic run waits for its turn, unless the last one was cut short")
    func everySoOften() async throws {
        try await Fixture.with { (fixture) async throws in
            let store = fixture.store
            let first = try await begun(fixture, 1)
            #expect(try await store.endRun(first))
            // Begun and not sealed: due at once.
            guard case .begun(let second) = try await begin(fixture, 2, everyMs: 10_000) else {
                Issue.record("a run that was cut short is taken for one")
                return
            }
            #expect(try await store.sealRun(second, .report, leaseMs: Self.lease))
            #expect(try await store.endRun(second))
            guard case .notDue(let wait) = try await begin(fixture, 1, everyMs: 10_000) else {
                Issue.record("due too early")
                return
            }
            #expect(wait > 0 && wait <= 10_000)
            // A clock that was set back does not put it off for ever.
            try await age(fixture, "b", byMs: -3_600_000)
            guard case .begun(let third) = try await begin(fixture, 1, everyMs: 10_000) else {
                Issue.record("put off by a clock")
                return
            }
            #expect(third.number == 3 && third.lastSealed == 2)
        }
    }

    @Test("another epoch refuses all of it")
    func epochs() async throws {
        try await Fixture.with { (fixture) async throws in
            let first = try await begun(fixture, 1)
            try await fixture.openEpoch(2)
            await #expect(throws: RedisFailure.self) {
                fixture.store.epoch = 1
                return try await fixture.store.sealRun(first, .report, leaseMs: Self.lease)
            }
            fixture.store.epoch = 2
            #expect(try await !fixture.store.sealRun(first, .report, leaseMs: Self.lease))
            #expect(try await !fixture.store.keepRun(first, leaseMs: Self.lease))
        }
    }
}
