import Catalog
import Kafka
import Logging
import NIOCore
import NIOPosix
import OrderStore
import Orders
import Redis

/// The campaign's catalog, and its two stores as the reconciler reaches them.
final class CampaignStores: Sendable {
    let settings: ReconcilerSettings
    let store: OrderStore
    let logger: Logger

    var catalog: Catalog { settings.catalog }

    /// Nothing is connected yet.
    init(_ settings: ReconcilerSettings, loop: any EventLoop, logger: Logger) {
        self.settings = settings
        self.logger = logger
        var options = RedisOptions()
        // Whole buckets are read, while others work: patience costs nobody anything here.
        options.commandTimeout = .seconds(10)
        options.clientName = "reconciler"
        let storage = settings.catalog.campaign.storage
        store = OrderStore(
            redis: RedisRouter(settings.redis, loop: loop, options: options, logger: logger),
            keys: StoreKeys(
                campaign: settings.catalog.campaign.id, shards: storage.shards, buckets: storage.claimBuckets)
        )
    }

    /// Runs what blocks, as all reading from Kafka does, on a thread that may.
    func blocking<Value: Sendable>(
        _ body: @escaping @Sendable (KafkaClientOptions, Logger) throws -> Value
    ) async throws -> Value {
        let (options, logger) = (try settings.kafka.options(), logger)
        return try await NIOThreadPool.singleton.runIfActive { try body(options, logger) }
    }

    /// Runs what reads and writes files on a thread that may wait for them.
    func onDisk<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive { try body() }
    }

    /// For a command that needs Kafka alone: runs it whatever Redis does, and closes.
    static func offline<Value>(
        _ configPath: String, _ body: (CampaignStores) async throws -> Value
    ) async throws -> Value {
        try await with(configPath, awaitingRedis: false, body)
    }

    /// For a command: connects, runs it, and closes.
    static func with<Value>(
        _ configPath: String, awaitingRedis: Bool = true, _ body: (CampaignStores) async throws -> Value
    ) async throws -> Value {
        let settings = try ReconcilerSettings.load(configPath)
        let stores = CampaignStores(
            settings, loop: MultiThreadedEventLoopGroup.singleton.next(), logger: Logger(label: "reconciler"))
        do {
            if awaitingRedis { try await stores.store.redis.ready(within: .seconds(10)) }
            let value = try await body(stores)
            await stores.store.redis.shutDown()
            return value
        } catch {
            await stores.store.redis.shutDown()
            throw error
        }
    }
}
