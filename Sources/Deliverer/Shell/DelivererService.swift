import CampaignFiles
import Catalog
import Credentials
import HTTPClient
import HTTPServer
import Kafka
import Logging
import NIOCore
import NIOPosix
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
            let signers = try signers(settings, catalog)
            let redis = RedisRouter(
                try Wiring.redisTarget(settings), loop: context.group.next(),
                options: redisOptions(settings), logger: context.logger)
            let keys = StoreKeys(
                campaign: catalog.campaign.id, shards: catalog.campaign.storage.shards,
                buckets: catalog.campaign.storage.claimBuckets)
            let pacer = try pacer(catalog)
            var random = SystemRandomNumberGenerator()
            let engine = DeliveryEngine(
                catalog: catalog, owner: random.next(), options: try options(settings), seed: random.next(),
                pacer: pacer)
            let loop = DeliveryLoop(
                loop: redis.loop, store: OrderStore(redis: redis, keys: keys),
                request: DeliveryRequest(catalog: catalog, signers: signers), engine: engine,
                logger: context.logger)
            addRoutes(context, loop)
            let ready = context.readiness.check("deliveries")
            let delivering = ServicePart(
                "deliveries",
                start: {
                    try await redis.ready(within: .seconds(30))
                    try CampaignTopics.ensure(
                        catalog, options: kafka.options, timeoutMs: 30_000, logger: context.logger)
                    try await loop.start(kafka: kafka.options) { isOpen, what in ready.set(isOpen, what) }
                },
                stop: {
                    try? await loop.loop.submit { loop.onRun = nil }.get()
                    ready.set(false, "draining")
                    await loop.stop(within: context.drainDeadline)
                    await redis.shutDown()
                })
            return [kafka.watch, delivering].compactMap { $0 }
        }
    }

    private static func signers(_ settings: Settings, _ catalog: Catalog) throws -> [WebhookSigner] {
        let directory = try settings.path("games.secrets_dir")
        return try catalog.games.map { game in
            try Wiring.setting(
                "games.secrets_dir", directory, allowed: "a folder with <game>.secret for every game"
            ) {
                path throws(FileFault) in try KeyFiles.game(game.id, directory: path)
            }
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

    private static func pacer(_ catalog: Catalog) throws -> DeliveryPacer {
        func limit(_ rate: RateLimit) throws(PacingFault) -> PacingLimit {
            try PacingLimit(perSecond: rate.perSecond, burst: rate.burst)
        }
        return try DeliveryPacer(
            total: limit(catalog.campaign.totalLimit),
            games: catalog.games.map {
                DeliveryPacer.Game(limit: try limit($0.limit), maxConcurrency: $0.maxConcurrency)
            },
            nowNs: SystemClock.nowNs)
    }

    private static func addRoutes(_ context: ServiceContext, _ loop: DeliveryLoop) {
        context.routes.add(.get, "/v1/admin/status") { _ in
            let body = try await loop.loop.submit { loop.status() }.get()
            return HTTPResponse(status: 200, contentType: "application/json", body: .bytes(body))
        }
    }
}

extension DeliveryLoop {
    /// Opens Kafka and libcurl and begins to consume.
    ///
    /// - Parameter onRun: told on the loop when deliveries may begin, or may not, and why.
    func start(
        kafka options: KafkaClientOptions, onRun: @escaping @Sendable (Bool, String) -> Void
    ) async throws {
        let loop = self.loop
        let games = request.catalog.games
        let slots = games.reduce(0) { $0 + $1.maxConcurrency } + 64
        let topics = games.flatMap { [self.topics.orders(game: $0.id), self.topics.retries(game: $0.id)] }
        let onReports: @Sendable ([DeliveryReport]) -> Void = { [weak self] in self?.reported($0) }
        let producer = try KafkaProducer(options: options, reporters: [(loop, onReports)], logger: logger)
        let client = HTTPClient(
            options: HTTPClientOptions(maxConnections: slots, perHost: slots, name: "deliver-curl"),
            onCompletions: { [weak self] completions in
                guard let self else { return }
                loop.execute { self.completed(completions) }
            })
        try await loop.submit { [self] in
            self.producer = producer
            self.client = client
            self.onRun = onRun
            watchRun()
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
                whenQuiet(until: until) { continuation.resume() }
            }
        }
        let (consumer, client, producer) = await withCheckedContinuation { continuation in
            loop.execute { [self] in
                runTicker?.cancel()
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
