import Catalog
import HTTPServer
import Kafka
import Logging
import NIOCore
import NIOPosix
import OrderLog
import ProfileRoad
import Redis
import ServiceShell
import ServiceWiring
import Telemetry

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

    /// Reads the settings and makes the parts; nothing is started.
    static func parts(_ context: ServiceContext) throws -> [ServicePart] {
        try Wiring.admitOperators(context)
        let service = try ClaimService(try ClaimSettings(context), context)
        let watch = service.settings.kafka.watch.map { [$0] } ?? []
        return watch + [
            service.kafkaPart, Wiring.part(service.roles), service.loopsPart, service.topicsPart,
            try service.httpPart(),
        ]
    }

    private init(_ settings: ClaimSettings, _ context: ServiceContext) throws {
        self.settings = settings
        self.context = context
        let plan = ClaimPlan(
            gate: settings.gate, limits: settings.limits, owner: .random(in: .min ... .max),
            origins: settings.origins)
        let meters = ClaimMeters()
        var redisOptions = RedisOptions()
        redisOptions.clientName = "claim"
        redisOptions.commandTimeout = .milliseconds(settings.redisTimeoutMs)
        var loops = [ClaimLoop]()
        for (index, loop) in context.group.makeIterator().enumerated() {
            let redis = RedisConnection(
                address: settings.redis, loop: loop, options: redisOptions, logger: context.logger)
            loops.append(
                ClaimLoop(
                    loop: loop, index: index, plan: plan, redis: redis, meters: meters,
                    readiness: context.readiness.check("claims-\(index)"), logger: context.logger))
        }
        self.loops = loops
        do {
            producer = try KafkaProducer(
                options: settings.kafka.options,
                reporters: loops.map { loop in (loop.loop, { reports in loop.reported(reports) }) },
                logger: context.logger)
        } catch {
            throw SettingsFault(key: "kafka", value: nil, allowed: "\(error)", origin: "settings")
        }
        roles = RoleClient(options: settings.profiles)
        addRoutes(plan)
    }

    private func addRoutes(_ plan: ClaimPlan) {
        let loops = loops
        context.routes.add(.get, "/v1/admin/status") { _ in
            var statuses = [LoopStatus]()
            for loop in loops { statuses.append(try await loop.loop.submit { loop.status }.get()) }
            return ClaimStatus(
                campaign: plan.catalog.campaign.id, catalogHash: plan.catalog.contentHash, owner: plan.owner,
                loops: statuses
            ).response
        }
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

    /// On the loop.
    private func start(_ loop: ClaimLoop) {
        let road = ProfileRoad(
            catalog: settings.catalog, loop: loop.loop, redis: loop.redis, roles: roles,
            options: settings.profiles, wallMs: { SystemClock.nowMs }, random: { .random(in: .min ... .max) })
        loop.start(.init(producer: producer, road: road, readFloor: floorReader(loop.loop)))
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

    /// Asks Kafka for the highest lane on a thread that may block.
    private func floorReader(_ loop: any EventLoop) -> (@escaping (UInt32?) -> Void) -> Void {
        let (campaign, options, logger) = (
            settings.catalog.campaign.id, settings.kafka.options, context.logger
        )
        return { then in
            let answer = NIOLoopBound(then, eventLoop: loop)
            NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
                try LaneHistory.highest(campaign: campaign, options: options, timeoutMs: 5000, logger: logger)
            }.whenComplete { result in
                if case .failure(let error) = result {
                    logger.warning("lanes not read from kafka", metadata: ["error": "\(error)"])
                }
                answer.value(try? result.get())
            }
        }
    }
}
