import Catalog
import NIOCore
import NIOPosix
import OrderStore
import Orders
import Redis
import Stack

/// A real redis-server and a store over it, gone when the test ends.
final class Fixture: Sendable {
    let run: RunDirectory
    let server: RedisServer
    let group: MultiThreadedEventLoopGroup
    let store: OrderStore

    private init(
        run: RunDirectory, server: RedisServer, group: MultiThreadedEventLoopGroup, store: OrderStore
    ) {
        self.run = run
        self.server = server
        self.group = group
        self.store = store
    }

    static func with(_ body: (Fixture) async throws -> Void) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await inPlace(body)
        }
    }

    private static func inPlace(_ body: (Fixture) async throws -> Void) async throws {
        let run = try RunDirectory.claimUnique(prefix: "order-store")
        defer { run.release() }
        let server = try RedisServer(in: run)
        defer { server.stop() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var options = RedisOptions()
        options.commandTimeout = .seconds(10)
        let redis = RedisRouter(
            try RedisTarget(url: server.url), loop: group.next(), options: options)
        try await redis.ready(within: .seconds(10))
        let store = OrderStore(redis: redis, keys: StoreKeys(campaign: "test", shards: 4, buckets: 8))
        let fixture = Fixture(run: run, server: server, group: group, store: store)
        do {
            try await fixture.openEpoch()
            try await body(fixture)
        } catch {
            await redis.shutDown()
            try await group.shutdownGracefully()
            throw error
        }
        await redis.shutDown()
        try await group.shutdownGracefully()
    }

    /// Opens an epoch as an opening or a rebuild does, and works under it.
    func openEpoch(_ epoch: UInt16 = 1) async throws {
        var campaign = RedisCommand.make("HSET")
        campaign.add(store.keys.epoch)
        for word in ["epoch", "\(epoch)", "state", "open"] { campaign.add(word) }
        _ = try await store.redis.send(campaign)
        var lanes = RedisCommand.make("HSETNX")
        lanes.add(store.keys.lanes)
        lanes.add("next")
        lanes.add(100)
        _ = try await store.redis.send(lanes)
        for shard in 0..<store.keys.shards {
            var command = RedisCommand.make("SET")
            command.add(store.keys.epoch(shard: UInt16(shard)))
            command.add("\(epoch)")
            _ = try await store.redis.send(command)
        }
        store.epoch = epoch
    }

    func order(_ coupon: UInt64, user: UInt64 = 1, gift: UInt16 = 0, role: UInt64 = 7) -> Order {
        Order(
            id: OrderID(rawValue: 0), coupon: coupon, user: user, gift: gift, region: 0, role: role,
            claimedAtMs: 1_700_000_000_000, deadlineMs: 1_700_000_000_000 + 2880 * 60_000)
    }

    /// Puts claims of one person's shard to the script.
    func decide(
        _ entries: [ClaimEntry], lane: UInt32 = 1, first: UInt32, outboxMax: Int = 1_000,
        credits: [StockCredit] = [], quotas: Quotas = .none
    ) async throws -> [ClaimDecision] {
        let shard = store.keys.shard(user: entries[0].order.user)
        return try await store.awaiting { store, then in
            store.claim(
                shard: shard, lane: lane, firstSequence: first, outboxMax: outboxMax, credits: credits,
                quotas: quotas, entries: entries, then: then)
        }
    }

    /// The number in a hash's field; nil where there is none.
    func number(_ key: [UInt8], _ field: String) async throws -> Int64? {
        var command = RedisCommand("HGET")
        command.add(key)
        command.add(field)
        return try await store.redis.send(command).integer
    }

    /// By Redis's clock.
    func nowMs() async throws -> Int64 {
        let time = try await store.redis.send(.make("TIME")).array ?? []
        return (time[0].integer ?? 0) * 1000 + (time[1].integer ?? 0) / 1000
    }

    /// Everything that Redis holds, key by key, apart from what changes by itself.
    func contents() async throws -> [String: String] {
        var contents: [String: String] = [:]
        for key in try await store.redis.send(.make("KEYS", "*")).array ?? [] {
            var command = RedisCommand("DUMP")
            command.add(key.bytes ?? [])
            contents["\(key)"] = "\(try await store.redis.send(command))"
        }
        return contents
    }

    func claim(
        _ orders: [Order], lane: UInt32 = 1, first: UInt32, stock: Int = 1_000,
        mode: ClaimEntry.Mode = .claim,
        outboxMax: Int = 1_000
    ) async throws -> [ClaimDecision] {
        let shard = store.keys.shard(user: orders[0].user)
        return try await store.awaiting { store, then in
            store.claim(
                shard: shard, lane: lane, firstSequence: first, outboxMax: outboxMax,
                credits: [StockCredit(gift: 0, drawnEver: stock)],
                entries: orders.map { ClaimEntry(order: $0, mode: mode) }, then: then)
        }
    }

    func begin(
        _ order: Order, owner: UInt64 = 1, attempt: UInt16, resend: Bool = false, lifeMs: Int64 = 60_000
    )
        async throws -> AttemptDecision
    {
        let decisions = try await store.awaiting { store, then in
            store.begin(
                shard: order.id.shard, owner: owner, lifeMs: lifeMs,
                entries: [AttemptEntry(order: order, attempt: attempt, resendsUnknown: resend)], then: then)
        }
        return decisions[0]
    }

    func settle(_ id: OrderID, _ event: OrderEvent, attempt: UInt16) async throws -> SettleDecision {
        let decisions = try await store.awaiting { store, then in
            store.settle(
                shard: id.shard, entries: [SettleEntry(order: id, event: event, attempt: attempt)], then: then
            )
        }
        return decisions[0]
    }

    func state(_ id: OrderID) async throws -> OrderState {
        try await store.awaiting { store, then in store.state(id, then: then) }
    }
}
