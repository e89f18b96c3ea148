import Catalog
import HTTPServer
import Kafka
import Logging
import NIOCore
import NIOPosix
import Operators
import OrderLog
import ProfileRoad
import Redis
import ServiceShell
import ServiceWiring
import Telemetry
import Wire

/// The process: its loops, what they share, and the order in which all of it starts and stops.
///
/// Stopping goes backwards: the public port drains while everything still runs, the loops give up their
/// lanes, the producer waits for what is on its way.
final class ClaimService: Sendable {
    private let settings: ClaimSettings
    private let context: ServiceContext
    private let loops: [ClaimLoop]
    private let producer: KafkaProducer
    private let roles: RoleClient
    private let catalogs: CatalogFollower
    private let journal: ControlJournal
    private let settleDesk: SettleDesk

    /// Reads the settings and makes the parts; nothing is started.
    static func parts(_ context: ServiceContext) throws -> [ServicePart] {
        try Wiring.admitOperators(context)
        let service = try ClaimService(try ClaimSettings(context), context)
        let watch = service.settings.kafka.watch.map { [$0] } ?? []
        return watch + [
            service.kafkaPart, Wiring.part(service.roles), service.loopsPart,
            service.catalogs.part(directory: service.settings.campaignDirectory), service.topicsPart,
            try service.httpPart(),
        ]
    }

    private init(_ settings: ClaimSettings, _ context: ServiceContext) throws {
        self.settings = settings
        self.context = context
        let plan = ClaimPlan(
            gate: settings.gate, limits: settings.limits, front: settings.front,
            owner: .random(in: .min ... .max), origins: settings.origins)
        let meters = ClaimMeters()
        var redisOptions = RedisOptions()
        redisOptions.clientName = "claim"
        redisOptions.commandTimeout = .milliseconds(settings.redisTimeoutMs)
        var loops = [ClaimLoop]()
        for (index, loop) in context.group.makeIterator().enumerated() {
            let redis = RedisRouter(
                settings.redis, loop: loop, options: redisOptions, logger: context.logger)
            loops.append(
                ClaimLoop(
                    loop: loop, index: index, plan: plan, redis: redis, meters: meters,
                    readiness: context.readiness.check("claims-\(index)"), logger: context.logger))
        }
        self.loops = loops
        let journal = ControlJournal(topic: plan.controlTopic)
        self.journal = journal
        settleDesk = SettleDesk(
            loops: loops, journal: journal, coupons: settings.coupons.first, logger: context.logger)
        var reporters: [KafkaProducer.Reporter] = loops.map { loop in
            (loop.loop, { reports in loop.reported(reports) })
        }
        reporters.append((context.group.any(), { reports in journal.reported(reports) }))
        do {
            producer = try KafkaProducer(
                options: settings.kafka.options, reporters: reporters, logger: context.logger)
        } catch {
            throw SettingsFault(key: "kafka", value: nil, allowed: "\(error)", origin: "settings")
        }
        journal.connect(producer, reporter: loops.count)
        roles = RoleClient(options: settings.profiles)
        catalogs = Self.follower(settings, context, loops)
        addRoutes(plan)
        addOperators(plan)
        watchKeys()
    }

    /// Other keys reach every loop.
    private func watchKeys() {
        let loops = loops
        settings.tickets.whenChanged { tickets in
            for loop in loops { loop.loop.execute { loop.door.adopt(tickets) } }
        }
        settings.coupons.whenChanged { [settleDesk] coupons in
            settleDesk.adopt(coupons)
            for loop in loops { loop.loop.execute { loop.door.adopt(coupons) } }
        }
    }

    private func addRoutes(_ plan: ClaimPlan) {
        let (loops, catalogs) = (loops, catalogs)
        context.routes.add(.get, "/v1/admin/status") { _ in
            var statuses = [LoopStatus]()
            for loop in loops { statuses.append(try await loop.loop.submit { loop.status }.get()) }
            return ClaimStatus(
                campaign: plan.catalog.campaign.id, catalogHash: catalogs.served.contentHash,
                refusedEdit: catalogs.refusedEdit, owner: plan.owner, loops: statuses
            ).response
        }
    }

    private func addOperators(_ plan: ClaimPlan) {
        let risk = RiskReading(
            campaign: plan.catalog.campaign.id, options: settings.kafka.options, logger: context.logger)
        let held = HeldDesk(loops: loops, journal: journal, risk: risk, logger: context.logger)
        OperatorRoutes.add(to: context.routes, held: held, settle: settleDesk)
        let acts = RecordedStockAct.find(
            campaign: plan.catalog.campaign.id, options: settings.kafka.options, logger: context.logger)
        StockRoutes.add(
            to: context.routes,
            StockDesk(loops: loops, journal: journal, recorded: acts, logger: context.logger))
    }

    // MARK: - Parts

    private var kafkaPart: ServicePart {
        ServicePart("kafka", start: {}, stop: { [producer] in await producer.close(deadlineMs: 2000) })
    }

    private var loopsPart: ServicePart {
        ServicePart(
            "loops",
            start: { [self] in
                for loop in loops { try await loop.loop.submit { self.start(loop) }.get() }
            },
            stop: { [self] in
                for loop in loops { try? await loop.loop.flatSubmit { loop.stop() }.get() }
            })
    }

    /// Edits of the campaign's files reach every loop. Orders of a game that was appended need its topics
    /// before the first of them.
    private static func follower(
        _ settings: ClaimSettings, _ context: ServiceContext, _ loops: [ClaimLoop]
    ) -> CatalogFollower {
        let (kafka, logger) = (settings.kafka.options, context.logger)
        return CatalogFollower(
            context, serving: settings.catalog, counter: "claim_catalog_reloads_total",
            gauge: "claim_catalog_refused"
        ) { catalog, served throws(CatalogFollower.Refusal) in
            if catalog.games.count > served.games.count {
                do throws(KafkaFailure) {
                    try CampaignTopics.ensure(catalog, options: kafka, timeoutMs: 5000, logger: logger)
                } catch {
                    throw CatalogFollower.Refusal(
                        "kafka has no topics for the games that were added: \(error)")
                }
            }
            for loop in loops { loop.loop.execute { loop.adopt(catalog) } }
            return nil
        }
    }

    /// On the loop.
    private func start(_ loop: ClaimLoop) {
        // The system's generator would be a system call for each profile that is kept.
        var generator = SplitMix64(seed: .random(in: .min ... .max))
        let road = ProfileRoad(
            catalog: settings.catalog, loop: loop.loop, redis: loop.redis, roles: roles,
            options: settings.profiles, wallMs: { SystemClock.nowMs }, random: { generator.next() })
        loop.start(.init(producer: producer, road: road, readHistory: historyReader(loop.loop)))
    }

    /// The topics are there, with the campaign's partitions, before anything is written to them: a broker
    /// that makes topics by itself would make them with another number.
    private var topicsPart: ServicePart {
        ServicePart("topics") { [self] in
            let pool = NIOThreadPool.singleton
            while !Task.isCancelled {
                do {
                    try await pool.runIfActive { [settings, context] in
                        try CampaignTopics.ensure(
                            settings.catalog, options: settings.kafka.options, timeoutMs: 5000,
                            logger: context.logger)
                    }
                    break
                } catch {
                    context.logger.warning("topics not ready", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: .seconds(1))
                }
            }
            for loop in loops { loop.loop.execute { loop.queueIsReady() } }
            await ServicePart.untilShutdown()
        }
    }

    private func httpPart() throws(SettingsFault) -> ServicePart {
        try context.httpServer(
            configure: { options in
                options.maxBodyBytes = ClaimRequest.maxBytes
                options.maxPipelined = 256
            },
            makeService: { [loops] _, index in loops[index] })
    }

    /// Asks Kafka for its lanes and epochs on a thread that may block.
    private func historyReader(_ loop: any EventLoop) -> (@escaping (LaneHistory?) -> Void) -> Void {
        let (campaign, options, logger) = (
            settings.catalog.campaign.id, settings.kafka.options, context.logger
        )
        return { then in
            let answer = NIOLoopBound(then, eventLoop: loop)
            NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
                try LaneHistory.read(
                    campaign: campaign, options: options, timeoutMs: 5000, logger: logger)
            }.whenComplete { result in
                if case .failure(let error) = result {
                    logger.warning("control not read from kafka", metadata: ["error": "\(error)"])
                }
                answer.value(try? result.get())
            }
        }
    }
}
