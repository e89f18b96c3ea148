import Orders
import Redis
import Testing

@testable import OrderStore

@Suite("What a rebuild writes")
struct RestoreTests {
    private static func tenure(_ store: OrderStore) async throws -> RebuildTenure {
        guard case .taken(let tenure) = try await store.takeRebuild(owner: 5, leaseMs: 60_000, floor: 1)
        else { throw RedisFailure(kind: .unknown, message: "busy") }
        #expect(try await store.fenceShards(tenure) == nil)
        return tenure
    }

    @Test("states are set among those that stand there already")
    func states() async throws {
        try await Fixture.with { (fixture) async throws in
            let store = fixture.store
            let tenure = try await Self.tenure(store)
            func id(_ sequence: UInt32) -> OrderID { OrderID(lane: 3, shard: 1, sequence: sequence) }
            var wanted: [OrderID: OrderState] = [id(0): .delivered, id(5): .unknown, id(5_000): .queued]
            var strings = try await store.statesToSet(wanted)
            #expect(strings.count == 2)
            try await store.restore(tenure, shard: 1, strings: strings)
            strings = try await store.statesToSet([id(4): .held])
            try await store.restore(tenure, shard: 1, strings: strings)
            wanted[id(4)] = .held
            wanted[id(1)] = OrderState.none
            #expect(try await store.states(wanted.keys) == wanted)
            #expect(try await store.statesToSet(wanted).isEmpty)
        }
    }

    @Test("the index of open orders reads back as it was written")
    func contents() async throws {
        try await Fixture.with { (fixture) async throws in
            let store = fixture.store
            let tenure = try await Self.tenure(store)
            var order = fixture.order(9, user: 1)
            let shard = store.keys.shard(user: 1)
            order.id = OrderID(lane: 3, shard: shard, sequence: 7)
            var wanted = ShardContents()
            wanted.waits(order, isHeld: true, acceptedAtMs: 1_700_000_000_123)
            wanted.made(order.id, attempts: 300)
            wanted.isHeld(order, heldAtMs: 1_700_000_000_456, firstApprover: Array("ada".utf8))
            for (key, entries) in [
                (store.keys.outbox(shard: shard), wanted.outbox),
                (store.keys.attempts(shard: shard), wanted.attempts),
                (store.keys.held(shard: shard), wanted.held),
            ] {
                try await store.restore(
                    tenure, shard: shard, hash: key, set: entries.map { ($0.key.bytes, $0.value) })
            }
            try await store.restore(
                tenure, shard: shard,
                hashes: [
                    store.keys.claims(user: 1): [(order.coupon.bigEndianBytes, ClaimRecord.encode(order))]
                ])
            let read = try await store.contents(shard: shard)
            #expect(read.acceptedAtMs(order.id) == 1_700_000_000_123)
            #expect(read.attemptsMade(order.id) == 300)
            #expect(read.firstApprover(order.id) == Array("ada".utf8))
            #expect(try await store.allClaims(shard: shard) == [order])
            // The scripts read it as their own.
            let held = try await store.awaiting { store, then in store.heldOrders(shard: shard, then: then) }
            #expect(held == [HeldOrder(order: order, heldAtMs: 1_700_000_000_456, firstApprover: "ada")])
        }
    }

    @Test("many fields, and a long string, go in parts")
    func parts() async throws {
        try await Fixture.with { (fixture) async throws in
            let store = fixture.store
            let tenure = try await Self.tenure(store)
            let key = store.keys.attempts(shard: 0)
            let many = (0..<1_000 as Range<UInt64>).map { ($0.bigEndianBytes, $0.bigEndianBytes) }
            try await store.restore(tenure, shard: 0, hash: key, set: many.map { ($0.0, $0.1) })
            #expect(try await store.hash(key).count == 1_000)
            try await store.restore(
                tenure, shard: 0, hash: key, set: [], remove: many.prefix(990).map(\.0))
            #expect(try await store.hash(key).count == 10)
            try await store.drop(tenure, shard: 0, [key])
            #expect(try await store.hash(key).isEmpty)
            let long = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
            for bytes in [long, Array(long.prefix(10))] {
                try await store.restore(tenure, campaignString: store.keys.split(gift: 3), bytes)
                var command = RedisCommand("GET")
                command.add(store.keys.split(gift: 3))
                #expect(try await store.redis.send(command).bytes == bytes)
            }
            let fields = (0..<500).map { (field: "f\($0)", value: "\($0)") }
            try await store.restore(tenure, campaignHash: store.keys.pool, fields)
            #expect(try await store.hash(store.keys.pool).count == 500)
            try await store.restore(tenure, campaignHash: store.keys.pool, [("v", "1")])
            #expect(try await store.hash(store.keys.pool).count == 1)
        }
    }
}
