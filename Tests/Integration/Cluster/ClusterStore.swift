import CampaignFiles
import Catalog
import NIOCore
import NIOPosix
import OrderStore
import Orders
import Redis
import Stack

/// A real Redis Cluster and an opened campaign's store over it, gone when the test ends.
final class ClusterStore: Sendable {
    let run: RunDirectory
    let servers: RedisClusterServers
    let catalog: Catalog
    let store: OrderStore

    var router: RedisRouter { store.redis }
    var keys: StoreKeys { store.keys }
    var gift: Gift { catalog.gifts[0] }

    private init(run: RunDirectory, replicasEach: Int) async throws {
        self.run = run
        servers = try RedisClusterServers(in: run, replicasEach: replicasEach)
        let campaign = try ClaimCampaign(in: run)
        catalog = try CampaignDirectory.load(campaign.directory, allowUnset: true)
        var options = RedisOptions()
        options.commandTimeout = .seconds(10)
        let router = RedisRouter(
            try RedisTarget(url: servers.url), loop: MultiThreadedEventLoopGroup.singleton.next(),
            options: options)
        try await router.ready(within: .seconds(30))
        let storage = catalog.campaign.storage
        store = OrderStore(
            redis: router,
            keys: StoreKeys(
                campaign: catalog.campaign.id, shards: storage.shards, buckets: storage.claimBuckets))
    }

    static func with(replicasEach: Int = 0, _ body: (ClusterStore) async throws -> Void) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await inPlace(replicasEach: replicasEach, body)
        }
    }

    private static func inPlace(replicasEach: Int, _ body: (ClusterStore) async throws -> Void) async throws {
        let run = try RunDirectory.claimUnique(prefix: "cluster-store")
        defer { run.release() }
        let cluster = try await ClusterStore(run: run, replicasEach: replicasEach)
        defer { cluster.servers.kill9() }
        do {
            try await cluster.open()
            try await body(cluster)
        } catch {
            await cluster.router.shutDown()
            throw error
        }
        await cluster.router.shutDown()
    }

    private func open() async throws {
        let catalog = catalog
        try await store.awaiting { store, then in store.markFresh(then: then) }
        try await store.awaiting { store, then in
            store.openFresh(catalog: catalog, laneFloor: 1000, then: then)
        }
        store.epoch = try await standing().openEpoch ?? 0
    }

    func standing() async throws -> Standing {
        try await store.awaiting { store, then in store.standing(then: then) }
    }

    /// People of a shard, as many as asked for.
    func people(_ count: Int, of shard: UInt16) -> [UInt64] {
        var people: [UInt64] = []
        var user: UInt64 = 1
        while people.count < count {
            if keys.shard(user: user) == shard { people.append(user) }
            user += 1
        }
        return people
    }

    /// A claim of each person, whose coupon is told by the person's number.
    func entries(_ people: [UInt64]) -> [ClaimEntry] {
        people.map { user in
            ClaimEntry(
                order: Order(
                    id: OrderID(rawValue: 0), coupon: user << 8, user: user, gift: gift.slot, region: 0,
                    role: 7, claimedAtMs: 1_700_000_000_000, deadlineMs: 1_700_172_800_000,
                    epoch: store.epoch),
                mode: .claim)
        }
    }

    /// Claims for people of one shard, with stock drawn for them.
    func claim(
        _ people: [UInt64], lane: UInt32, first: UInt32
    ) async throws(RedisFailure) -> [ClaimDecision] {
        let (gift, entries) = (gift, entries(people))
        let shard = keys.shard(user: people[0])
        let drawn = try await store.awaiting { store, then in
            store.draw(gift: gift, shard: shard, wanted: people.count, creditedEver: 0, then: then)
        }
        return try await store.awaiting { store, then in
            store.claim(
                shard: shard, lane: lane, firstSequence: first, outboxMax: 10_000,
                credits: [drawn.credit(gift: gift.slot)], entries: entries, then: then)
        }
    }

    /// The slot of a shard.
    func slot(_ shard: UInt16) -> Int { RedisSlot.of(keys.epoch(shard: shard)) }
}
