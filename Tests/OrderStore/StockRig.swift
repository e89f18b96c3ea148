import Catalog
import NIOCore
import NIOPosix
import OrderStore
import Orders
import Redis
import Stack
import Testing
import Wire

/// One gift pack in a real Redis and several loops that sell it, each with a connection of its own.
final class StockRig: Sendable {
    let gift: Gift
    let stores: [OrderStore]
    private let fixture: Fixture

    var store: OrderStore { stores[0] }
    var keys: StoreKeys { store.keys }

    private init(gift: Gift, stores: [OrderStore], fixture: Fixture) {
        self.gift = gift
        self.stores = stores
        self.fixture = fixture
    }

    static func with(
        _ gift: Gift, loops: Int = 1, isFilled: Bool = true, _ body: (StockRig) async throws -> Void
    ) async throws {
        try await Fixture.with { fixture in
            let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
            var stores = [OrderStore]()
            for _ in 0..<loops {
                let redis = RedisRouter(try RedisTarget(url: fixture.server.url), loop: group.next())
                try await redis.ready(within: .seconds(10))
                let store = OrderStore(redis: redis, keys: fixture.store.keys)
                store.epoch = 1
                stores.append(store)
            }
            let rig = StockRig(gift: gift, stores: stores, fixture: fixture)
            var failure: (any Error)?
            do {
                if isFilled { try await rig.fill() }
                try await body(rig)
            } catch {
                failure = error
            }
            for store in stores { await store.redis.shutDown() }
            try await group.shutdownGracefully()
            if let failure { throw failure }
        }
    }

    /// Fills the pool as the first opening of the campaign does.
    func fill() async throws {
        try await set(state: "fresh")
        try await openPool()
        try await set(state: "open")
    }

    func openPool() async throws {
        let catalog = catalog
        let _: Void = try await store.awaiting { store, then in store.openPool(catalog, then: then) }
    }

    func set(state: String) async throws {
        var command = RedisCommand.make("HSET")
        command.add(keys.epoch)
        command.add("state")
        command.add(state)
        _ = try await store.redis.send(command)
    }

    private var catalog: Catalog {
        let text = LocalizedText(en: "Test", zh: "测试")
        let campaign = Campaign(
            id: "test", title: text, opensAtMs: 0, closesAtMs: 2, endsAtMs: 2, couponKinds: [],
            totalLimit: RateLimit(perSecond: 1, burst: 2), deliveryWindowMs: 1_000,
            storage: Storage(
                shards: 4, claimBuckets: 8, ordersPartitions: 1, outcomesPartitions: 1, retryTiersMs: [1],
                replication: 1),
            ranking: RankingWeights(
                preference: 1, popularity: 0, freshness: 0, freshHalfLifeMs: 1_000, dimensions: 1))
        let game = Game(
            id: "game", slot: 0, name: text, limit: RateLimit(perSecond: 1, burst: 2), maxConcurrency: 1,
            requestTimeoutMs: 1, connectTimeoutMs: 1, endpoint: "", queryEndpoint: nil,
            roleServiceEndpoint: "", idempotent: true, regions: [])
        return Catalog(campaign: campaign, games: [game], gifts: [gift], contentHash: "")
    }

    // MARK: - Calls

    func draw(_ shard: UInt16, wanted: Int, credited: Int, loop: Int = 0) async throws -> DrawnStock {
        let gift = gift
        return try await stores[loop].awaiting { store, then in
            store.draw(gift: gift, shard: shard, wanted: wanted, creditedEver: credited, then: then)
        }
    }

    func recall(wanted: Int, behind shard: UInt16 = 0, loop: Int = 0) async throws -> RecalledStock {
        let gift = gift
        return try await stores[loop].awaiting { store, then in
            store.recall(gift: gift, wanted: wanted, beginningBehind: shard, then: then)
        }
    }

    func add(_ act: StockAct) async throws -> StockAnswer {
        let gift = gift
        return try await store.awaiting { store, then in store.addStock(gift: gift, act, then: then) }
    }

    func version() async throws -> Int {
        try await store.awaiting { store, then in store.poolVersion(then: then) }
    }

    func account() async throws -> (packs: StockAccount, units: StockAccount?) {
        try await store.stockAccount(gift: gift)
    }

    /// Claims of one person's coupons in one batch.
    func claim(
        _ coupons: [UInt64], user: UInt64, lane: UInt32, first: UInt32, credits: [StockCredit], loop: Int = 0
    ) async throws -> [ClaimDecision] {
        let shard = keys.shard(user: user)
        let hasAmount = gift.amount != nil
        let entries = coupons.map { coupon in
            ClaimEntry(order: fixture.order(coupon, user: user), mode: .claim, hasAmount: hasAmount)
        }
        return try await stores[loop].awaiting { store, then in
            store.claim(
                shard: shard, lane: lane, firstSequence: first, outboxMax: 100_000, credits: credits,
                entries: entries, then: then)
        }
    }

    /// A person of the shard.
    func user(of shard: UInt16) -> UInt64 {
        (UInt64(1)...).first { keys.shard(user: $0) == shard }!
    }
}

extension Gift {
    static func packs(_ stock: Int, _ amount: AmountRule? = nil) -> Gift {
        Gift(
            id: "pack", slot: 0, game: 0, title: LocalizedText(en: "Pack", zh: "包"), image: "a.svg",
            audience: .everyone, stock: stock, items: [Item(id: "item", count: 1)], highValue: false,
            features: [], popularity: 0, freshAtMs: 0, amount: amount)
    }
}
