import Catalog
import NIOCore
import NIOPosix
import ProfileRoad
import Profiles
import Redis
import Stack

/// A real redis-server, a loop, and a catalog of three games, gone when the test ends.
final class RoadFixture: Sendable {
    let server: RedisServer
    let group: MultiThreadedEventLoopGroup
    let catalog: Catalog

    private init(server: RedisServer, group: MultiThreadedEventLoopGroup, catalog: Catalog) {
        self.server = server
        self.group = group
        self.catalog = catalog
    }

    static func with(
        endpoint: String = "http://roles.test/{game}?user={user}", loops: Int = 1,
        _ body: (RoadFixture) async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await inPlace(endpoint: endpoint, loops: loops, body)
        }
    }

    private static func inPlace(
        endpoint: String, loops: Int,
        _ body: (RoadFixture) async throws -> Void
    ) async throws {
        let run = try RunDirectory.claimUnique(prefix: "profile-road")
        defer { run.release() }
        let server = try RedisServer(in: run)
        defer { server.stop() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        let fixture = RoadFixture(server: server, group: group, catalog: catalog(endpoint: endpoint))
        let result: Result<Void, any Error>
        do { result = .success(try await body(fixture)) } catch { result = .failure(error) }
        try await group.shutdownGracefully()
        try result.get()
    }

    /// A connection of its own loop; ready unless `isConnected` is false.
    func redis(
        on loop: (any EventLoop)? = nil, isConnected: Bool = true
    ) async throws -> RedisRouter {
        var options = RedisOptions()
        options.commandTimeout = .seconds(10)
        let redis = RedisRouter(
            try RedisTarget(url: server.url), loop: loop ?? group.next(), options: options)
        if isConnected { try await redis.ready(within: .seconds(10)) }
        return redis
    }

    /// Where a person's profile is in Redis.
    static func key(_ user: UInt64) -> String { ProfileRoad.key(campaign: "test", user: user) }

    /// Runs the body with a road whose questions the test answers itself.
    func road(
        isConnected: Bool = true, on loop: (any EventLoop)? = nil, exchange: RoleExchange? = nil,
        _ change: (inout ProfileRoadOptions) -> Void = { _ in },
        _ body: (RoadProbe) async throws -> Void
    ) async throws {
        let redis = try await redis(on: loop, isConnected: isConnected)
        var options = Self.options
        change(&options)
        let probe = try await RoadProbe.make(
            catalog: catalog, redis: redis, exchange: exchange, options: options)
        let result: Result<Void, any Error>
        do { result = .success(try await body(probe)) } catch { result = .failure(error) }
        await redis.shutDown()
        try result.get()
    }

    /// Times long enough never to matter, unless a test says so.
    static var options: ProfileRoadOptions {
        var options = ProfileRoadOptions()
        options.deadlineMs = 60_000
        options.redisTimeoutMs = 10_000
        return options
    }

    private static func catalog(endpoint: String) -> Catalog {
        let text = LocalizedText(en: "x", zh: "x")
        let games = (0..<3).map { slot in
            Game(
                id: "g\(slot)", slot: UInt8(slot), name: text, limit: RateLimit(perSecond: 10, burst: 10),
                maxConcurrency: 5, requestTimeoutMs: 1000, connectTimeoutMs: 500, endpoint: "http://a/",
                queryEndpoint: nil,
                roleServiceEndpoint: endpoint.split(separator: "{game}").joined(separator: "g\(slot)"),
                idempotent: true, regions: [Region(id: "s1", slot: 0, name: text)])
        }
        let campaign = Campaign(
            id: "test", title: text, opensAtMs: 0, closesAtMs: 1, endsAtMs: 1, couponKinds: [],
            totalLimit: RateLimit(perSecond: 10, burst: 10), deliveryWindowMs: 1,
            storage: Storage(
                shards: 1, claimBuckets: 1, ordersPartitions: 1, outcomesPartitions: 1, retryTiersMs: [1],
                replication: 1),
            ranking: RankingWeights(
                preference: 1, popularity: 0, freshness: 0, freshHalfLifeMs: 1000, dimensions: 2))
        return Catalog(campaign: campaign, games: games, gifts: [], contentHash: "")
    }
}
