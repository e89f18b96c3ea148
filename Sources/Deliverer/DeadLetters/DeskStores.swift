import CampaignFiles
import Catalog
import Kafka
import Logging
import NIOCore
import NIOPosix
import OrderLog
import OrderStore
import Orders
import Redis
import ServiceShell
import ServiceWiring
import Telemetry

/// The campaign's catalog and its two stores, as an operator's command reaches them with the deliverer's own
/// settings file.
final class DeskStores: Sendable {
    let catalog: Catalog
    let store: OrderStore
    let kafka: KafkaClientOptions
    let logger: Logger
    let topics: Topics

    init(catalog: Catalog, store: OrderStore, kafka: KafkaClientOptions, logger: Logger) {
        self.catalog = catalog
        self.store = store
        self.kafka = kafka
        self.logger = logger
        topics = Topics(campaign: catalog.campaign.id)
    }

    func game(of order: Order) -> Game { catalog.games[Int(catalog.gifts[Int(order.gift)].game)] }

    /// Runs what blocks, as all reading from Kafka does, on a thread that may.
    func blocking<Value: Sendable>(
        _ body: @escaping @Sendable (KafkaReader) throws -> Value
    ) async throws -> Value {
        let (options, logger) = (kafka, logger)
        return try await NIOThreadPool.singleton.runIfActive {
            try body(try KafkaReader(options: options, logger: logger))
        }
    }

    func appender() throws(KafkaFailure) -> AcknowledgedAppend {
        try AcknowledgedAppend(options: kafka, loop: store.redis.loop, logger: logger)
    }

    /// Works under the epoch that is open from now on; refuses while none is.
    func demandOpen() async throws {
        let standing = try await store.awaiting { store, then in store.standing(then: then) }
        guard let epoch = standing.openEpoch else {
            throw DeskFault(
                DeskFault.unavailable, "redis does not hold this campaign in a known good run: \(standing)")
        }
        store.epoch = epoch
    }

    /// What `.control` tells, in its order; what `pick` gives nil for is left out.
    func control<Act: Sendable>(_ pick: @escaping @Sendable (ControlRecord) -> Act?) async throws -> [Act] {
        let topic = topics.control
        return try await blocking { reader in
            var acts = [Act]()
            try TopicScan.all(topic, reader: reader) { _, record in
                if let act = (try? ControlRecord.decode(record.value)).flatMap(pick) { acts.append(act) }
            }
            return acts
        }
    }

    /// For a command: connects, runs it, and closes.
    static func with<Value>(_ path: String, _ body: (DeskStores) async throws -> Value) async throws -> Value
    {
        let stores = try open(path)
        do {
            try await stores.store.redis.ready(within: .seconds(10))
            let value = try await body(stores)
            await stores.store.redis.shutDown()
            return value
        } catch {
            await stores.store.redis.shutDown()
            throw error
        }
    }

    /// The file of the service serves its commands too; whatever else stands in it is the service's to judge.
    private static func open(_ path: String) throws -> DeskStores {
        let settings = try Settings.load(path: path)
        let level: Logger.Level = try settings.choice("log.level", default: .error)
        LoggingSystem.bootstrap { LogfmtHandler(label: $0, level: max(level, .error)) }
        let logger = Logger(label: "deliverer")
        let catalog = try Wiring.catalog(settings)
        var options = RedisOptions()
        // Whole buckets are read, while others work: patience costs nobody anything here.
        options.commandTimeout = .seconds(10)
        options.clientName = "deliverer-desk"
        let storage = catalog.campaign.storage
        let keys = StoreKeys(
            campaign: catalog.campaign.id, shards: storage.shards, buckets: storage.claimBuckets)
        let redis = RedisRouter(
            try Wiring.redisTarget(settings), loop: MultiThreadedEventLoopGroup.singleton.next(),
            options: options, logger: logger)
        return DeskStores(
            catalog: catalog, store: OrderStore(redis: redis, keys: keys), kafka: try kafka(settings),
            logger: logger)
    }

    private static func kafka(_ settings: Settings) throws -> KafkaClientOptions {
        let address: String
        if let fixed = try settings.optionalString("kafka.bootstrap") {
            address = fixed
        } else if let file = try settings.optionalPath("kafka.bootstrap_file") {
            address = try FileBytes.lines(file).first ?? ""
        } else {
            throw SettingsFault(
                key: "kafka.bootstrap", value: nil,
                allowed: "host:port[,host:port…], or kafka.bootstrap_file a path", origin: "settings")
        }
        var options = KafkaClientOptions(bootstrap: address, clientID: "hongbao-deliverer-desk")
        options.messageTimeoutMs = try settings.int(
            "kafka.message_timeout_ms", in: 500...60_000, default: 10_000)
        return options
    }

}
