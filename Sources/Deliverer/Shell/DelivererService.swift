import CampaignFiles
import Catalog
import Credentials
import HTTPClient
import Kafka
import Logging
import NIOCore
import NIOPosix
import Operators
import OrderLog
import OrderStore
import Orders
import Pacing
import Redis
import ServiceShell
import ServiceWiring
import Telemetry

/// Builds the process from its settings: the loop, its connections, and the order in which they start and
/// stop.
enum DelivererService {
    static func run(configPath: String) async -> Never {
        await ServiceProcess.run(name: "deliverer", configPath: configPath) { context in
            let settings = context.settings
            let catalog = try Wiring.catalog(settings)
            try Wiring.admitOperators(context)
            let kafka = try KafkaSettings(context)
            let allowsPrivate = try settings.bool("games.allow_private", default: false)
            let keys = try GameKeys(context, catalog)
            let redis = RedisRouter(
                try Wiring.redisTarget(settings), loop: context.group.next(),
                options: redisOptions(settings), logger: context.logger)
            let storeKeys = StoreKeys(
                campaign: catalog.campaign.id, shards: catalog.campaign.storage.shards,
                buckets: catalog.campaign.storage.claimBuckets)
            var random = SystemRandomNumberGenerator()
            let owner: UInt64 = random.next()
            let pacer = try pacer(catalog, instance: owner)
            let engine = DeliveryEngine(
                catalog: catalog, owner: owner, options: try options(settings), seed: random.next(),
                pacer: pacer)
            let loop = DeliveryLoop(
                loop: redis.loop, store: OrderStore(redis: redis, keys: storeKeys),
                request: DeliveryRequest(
                    catalog: catalog, signers: keys.first, secretsDirectory: keys.directory),
                engine: engine,
                logger: context.logger)
            let journal = ControlJournal(topic: loop.topics.control)
            loop.operators = OperatorDesk(
                store: loop.store, journal: journal, catalog: catalog, logger: context.logger)
            let following = try follow(context, catalog, keys, loop)
            addRoutes(context, loop)
            let ready = context.readiness.check("deliveries")
            let delivering = ServicePart(
                "deliveries",
                start: {
                    try await redis.ready(within: .seconds(30))
                    try CampaignTopics.ensure(
                        catalog, options: kafka.options, timeoutMs: 30_000, logger: context.logger)
                    try await loop.start(kafka: kafka.options, allowsPrivate: allowsPrivate) { isOpen, what in
                        ready.set(isOpen, what)
                    }
                },
                stop: {
                    try? await loop.loop.submit { loop.onRun = nil }.get()
                    ready.set(false, "draining")
                    await loop.stop(within: context.drainDeadline)
                    await redis.shutDown()
                })
            return [kafka.watch, delivering, following].compactMap { $0 }
        }
    }

    private static func redisOptions(_ settings: Settings) -> RedisOptions {
        var options = RedisOptions()
        options.commandTimeout = .seconds(2)
        options.clientName = "deliverer"
        return options
    }

    private static func options(_ settings: Settings) throws -> EngineOptions {
        var options = EngineOptions()
        options.graceMs = Int64(
            try settings.int("deliverer.grace_ms", in: 0...60_000, default: Int(options.graceMs)))
        options.retryBaseMs = Int64(
            try settings.int("deliverer.retry_base_ms", in: 1...60_000, default: Int(options.retryBaseMs)))
        options.retryCapMs = Int64(
            try settings.int("deliverer.retry_cap_ms", in: 1...86_400_000, default: Int(options.retryCapMs)))
        options.longestSleepMs = Int64(
            try settings.int(
                "deliverer.longest_sleep_ms", in: 100...600_000, default: Int(options.longestSleepMs)))
        return options
    }

    private static func pacer(_ catalog: Catalog, instance: UInt64) throws -> DeliveryPacer {
        func limit(_ rate: RateLimit) throws(PacingFault) -> PacingLimit {
            try PacingLimit(perSecond: rate.perSecond, burst: rate.burst)
        }
        return try DeliveryPacer(
            total: limit(catalog.campaign.totalLimit),
            games: catalog.games.map {
                DeliveryPacer.Game(limit: try limit($0.limit), maxConcurrency: $0.maxConcurrency)
            },
            shares: SharesSetup(instance: instance, shape: shape(catalog)), nowNs: SystemClock.nowNs)
    }

    /// Every game weighs the same in the total, so that an edit of a limit moves nobody's share of it: the
    /// partitions of each game are spread evenly anyway, and the rest is lent.
    static func shape(_ catalog: Catalog) -> LimitShape {
        let storage = catalog.campaign.storage
        let partitions = storage.ordersPartitions + storage.retryTiersMs.count
        return LimitShape(games: catalog.games.map { _ in .init(partitions: partitions, perSecond: 1) })
    }

    private static func addRoutes(_ context: ServiceContext, _ loop: DeliveryLoop) {
        DeskRoutes.add(to: context.routes, loop)
        if let desk = loop.operators { DeskRoutes.add(to: context.routes, desk) }
    }
}

extension DeliveryLoop {
    /// How long outcomes wait for others on their way to Kafka: no start waits for them.
    private static let lingerMs = 20

    /// Opens Kafka and libcurl and begins to consume.
    ///
    /// - Parameters:
    ///   - allowsPrivate: whether games may have private addresses.
    ///   - onRun: told on the loop when deliveries may begin, or may not, and why.
    func start(
        kafka options: KafkaClientOptions, allowsPrivate: Bool,
        onRun: @escaping @Sendable (Bool, String) -> Void
    ) async throws {
        let loop = self.loop
        let games = request.catalog.games
        let slots = games.reduce(0) { $0 + $1.maxConcurrency } + 64
        let topics = games.flatMap { [self.topics.orders(game: $0.id), self.topics.retries(game: $0.id)] }
        let onReports: @Sendable ([DeliveryReport]) -> Void = { [weak self] in self?.reported($0) }
        var reporters: [KafkaProducer.Reporter] = [(loop, onReports)]
        let journal = operators?.journal
        if let journal { reporters.append((loop, { reports in journal.reported(reports) })) }
        var producing = options
        producing.lingerMs = Self.lingerMs
        let producer = try KafkaProducer(options: producing, reporters: reporters, logger: logger)
        journal?.connect(producer, reporter: 1)
        var http = HTTPClientOptions(maxConnections: slots, perHost: slots, name: "deliver-curl")
        http.allowsPrivate = allowsPrivate
        http.turnUs = 4_000
        let client = HTTPClient(
            options: http,
            onCompletions: { [weak self] completions in
                guard let self else { return }
                loop.execute { self.completed(completions) }
            })
        try await loop.submit { [self] in
            self.producer = producer
            self.client = client
            self.onRun = onRun
            operators?.onActs = { [weak self] acts in self?.adopt(acts) }
            operators?.start()
            watchRun()
            watchShares()
            consumer = try KafkaConsumer(
                options: options, group: CampaignTopics.delivererGroup(request.catalog), topics: topics,
                loop: loop,
                handler: { [weak self] in self?.consumed($0) }, logger: logger)
        }.get()
    }

    /// Begins nothing new, lets what is in flight end, commits, and closes everything within the limit.
    func stop(within limit: Duration) async {
        let deadlineMs = max(1_000, Int64(limit / .milliseconds(1)))
        let until = SystemClock.nowMs + deadlineMs * 6 / 10
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            loop.execute { [self] in
                isStopping = true
                turn { _, _ in }
                whenQuiet(until: until) { continuation.resume() }
            }
        }
        let (consumer, client, producer) = await withCheckedContinuation { continuation in
            loop.execute { [self] in
                runTicker?.cancel()
                lendTicker?.cancel()
                operators?.stop()
                tellConsumer()
                continuation.resume(returning: (self.consumer, self.client, self.producer))
            }
        }
        _ = await consumer?.close(deadlineMs: deadlineMs / 10)
        // It blocks until curl's thread is gone; the main task of a process that is ending may wait for that.
        client?.close(deadlineMs: Int(deadlineMs / 10))
        _ = await producer?.close(deadlineMs: deadlineMs / 10)
    }

    /// Calls back when nothing is in flight any more, or at the moment given.
    private func whenQuiet(until: Int64, _ then: @escaping @Sendable () -> Void) {
        if engine.isQuiet || SystemClock.nowMs >= until { return then() }
        loop.scheduleTask(in: .milliseconds(20)) { [self] in whenQuiet(until: until, then) }
    }
}

extension DeliveryEngine {
    /// No request, record or change of state is under way.
    var isQuiet: Bool {
        parcels.refs.allSatisfy { ref in
            guard let phase = parcels[ref]?.phase else { return true }
            return phase == .ready || phase == .sleeping
        }
    }
}
