import Bench
import Catalog
import NIOCore
import NIOPosix
import OrderStore
import Orders
import Redis
import Stack
import Wire

/// Fills a Redis with orders, through the scripts that decide and confirm claims, in a lane of its own; one
/// claim a person.
///
/// `@unchecked Sendable`: one task grows it; the child tasks of a round touch the store only, which hops to
/// its loop.
final class OrderFill: @unchecked Sendable {
    /// People a shard and round, about; their spread stays below what a batch takes.
    private static let peopleAShard = 180
    private static let leaseMs: Int64 = 3_600_000
    private static let lifeMs: Int64 = 172_800_000

    private let stage: ClaimStage
    private let campaign: ClaimCampaign
    private let router: RedisRouter
    private let store: OrderStore
    private let lane: UInt32
    private var next: [UInt32]
    /// What each shard is told of its stock with its first batch.
    private var credits: [[StockCredit]] = []
    private var filled = 0

    private var catalog: Catalog { campaign.catalog }

    /// Takes a lane and draws stock for all that may come.
    init(_ stage: ClaimStage, _ campaign: ClaimCampaign, _ server: RedisServer) async throws {
        self.stage = stage
        self.campaign = campaign
        var options = RedisOptions()
        options.commandTimeout = .seconds(60)
        router = RedisRouter(
            try RedisTarget(url: server.url), loop: MultiThreadedEventLoopGroup.singleton.next(),
            options: options)
        let storage = campaign.catalog.campaign.storage
        store = OrderStore(
            redis: router,
            keys: StoreKeys(
                campaign: ClaimCampaign.id, shards: storage.shards, buckets: storage.claimBuckets))
        next = Array(repeating: 0, count: storage.shards)
        try await router.ready(within: .seconds(10))
        let standing: Standing = try await store.awaiting { store, then in store.standing(then: then) }
        guard case .open(let epoch) = standing else { throw StackFailure("the campaign is \(standing)") }
        store.epoch = epoch
        lane = try await store.awaiting { store, then in
            store.acquireLane(owner: ClaimStage.seed, leaseMs: Self.leaseMs, then: then)
        }
        for shard in 0..<storage.shards { credits.append(try await draw(UInt16(shard))) }
    }

    private func draw(_ shard: UInt16) async throws -> [StockCredit] {
        let most = (stage.options.orderCounts.last ?? 0) * 2 / next.count + 1000
        var credits: [StockCredit] = []
        for gift in catalog.gifts.prefix(ClaimCampaign.games) {
            let drawn: DrawnStock = try await store.awaiting { store, then in
                store.draw(gift: gift, shard: shard, wanted: most, creditedEver: 0, then: then)
            }
            credits.append(drawn.credit(gift: gift.slot))
        }
        return credits
    }

    func close() async { await router.shutDown() }

    /// Goes on until there are so many; the seconds that this took.
    func grow(to count: Int) async throws -> Double {
        let started = ContinuousClock.now
        while filled < count {
            let round = min(count - filled, Self.peopleAShard * next.count)
            var shards = [[ClaimEntry]](repeating: [], count: next.count)
            for index in filled..<filled + round {
                let order = order(index)
                shards[Int(store.keys.shard(user: order.user))].append(ClaimEntry(order: order, mode: .claim))
            }
            try await send(shards)
            filled += round
        }
        return (ContinuousClock.now - started) / .seconds(1)
    }

    private func order(_ index: Int) -> Order {
        let user = 1_000_000_000 + UInt64(index)
        let nowMs = stage.nowS * 1000
        return Order(
            id: OrderID(rawValue: 0), coupon: splitMix64(ClaimStage.seed &+ UInt64(index)), user: user,
            gift: UInt16(index % ClaimCampaign.games), region: 0, role: 100_000 + UInt64(index) * 16,
            claimedAtMs: nowMs, deadlineMs: nowMs + Self.lifeMs, epoch: store.epoch)
    }

    /// One batch to each shard, all under way at once.
    private func send(_ shards: [[ClaimEntry]]) async throws {
        let (store, lane) = (store, lane)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (shard, entries) in shards.enumerated() where !entries.isEmpty {
                guard entries.count <= OrderStore.maxBatch else { throw StackFailure("a batch is too long") }
                let (shard, first, credits) = (UInt16(shard), next[shard], credits[shard])
                next[Int(shard)] += UInt32(entries.count)
                self.credits[Int(shard)] = []
                group.addTask {
                    try await Self.claim(store, shard, lane, first, credits, entries)
                }
            }
            try await group.waitForAll()
        }
    }

    private static func claim(
        _ store: OrderStore, _ shard: UInt16, _ lane: UInt32, _ first: UInt32, _ credits: [StockCredit],
        _ entries: [ClaimEntry]
    ) async throws {
        let decisions: [ClaimDecision] = try await store.awaiting { store, then in
            store.claim(
                shard: shard, lane: lane, firstSequence: first, outboxMax: 1_000_000, credits: credits,
                entries: entries, then: then)
        }
        let orders = decisions.compactMap { decision -> OrderID? in
            if case .accepted(let id, _) = decision { id } else { nil }
        }
        guard orders.count == entries.count else { throw StackFailure("a claim was not accepted") }
        let confirmed: Int = try await store.awaiting { store, then in
            store.confirm(shard: shard, orders: orders, then: then)
        }
        guard confirmed == orders.count else { throw StackFailure("\(confirmed) orders were confirmed") }
    }
}
