import Catalog
import HTTPServer
import Logging
import NIOCore
import NIOPosix
import ProfileRoad
import Redis
import ServiceShell
import ServiceWiring
import Telemetry

/// The process: its loops, what they share, and the order in which all of it starts and stops.
final class RecommendService: Sendable {
    private let settings: RecommendSettings
    private let context: ServiceContext
    private let loops: [RecommendLoop]
    private let roles: RoleClient

    /// Reads the settings and makes the parts; nothing is started.
    static func parts(_ context: ServiceContext) throws -> [ServicePart] {
        try Wiring.admitOperators(context)
        let service = RecommendService(try RecommendSettings(context.settings), context)
        return [service.rolesPart, service.loopsPart, try service.httpPart()]
    }

    private init(_ settings: RecommendSettings, _ context: ServiceContext) {
        self.settings = settings
        self.context = context
        let plan = RecommendLoop.Plan(
            list: GiftList(catalog: settings.catalog), tickets: settings.tickets, pages: settings.pages,
            options: settings.profiles)
        let meters = RecommendMeters()
        var redisOptions = RedisOptions()
        redisOptions.clientName = "recommend"
        var loops = [RecommendLoop]()
        for (index, loop) in context.group.makeIterator().enumerated() {
            let redis = RedisConnection(
                address: settings.redis, loop: loop, options: redisOptions, logger: context.logger)
            loops.append(
                RecommendLoop(
                    index: index, redis: redis, plan: plan, meters: meters,
                    readiness: context.readiness.check("redis-\(index)")))
        }
        self.loops = loops
        // One host may serve all games, so that the cap a host is the cap over all.
        roles = RoleClient(maxConnections: settings.profiles.maxCalls * loops.count)
        addRoutes()
        context.logger.info(
            "campaign loaded",
            metadata: [
                "campaign": "\(settings.catalog.campaign.id)", "content": "\(settings.catalog.contentHash)",
                "gifts": "\(settings.catalog.gifts.count)", "pages": "\(settings.pages.count)",
            ])
    }

    private func addRoutes() {
        let (loops, settings) = (loops, settings)
        context.routes.add(.get, "/v1/admin/status") { _ in
            var statuses = [LoopStatus]()
            for loop in loops { statuses.append(try await loop.loop.submit { loop.status }.get()) }
            return RecommendStatus(
                campaign: settings.catalog.campaign.id, catalogHash: settings.catalog.contentHash,
                pages: settings.pages.count, loops: statuses
            ).response
        }
    }

    // MARK: - Parts

    private var rolesPart: ServicePart {
        ServicePart(
            "roles", start: {},
            stop: { [roles] in
                // It joins a thread, so not on one of the few that run async code.
                try? await NIOThreadPool.singleton.runIfActive { roles.close(deadlineMs: 0) }
            })
    }

    private var loopsPart: ServicePart {
        ServicePart(
            "loops",
            start: { [self] in
                for loop in loops { try await loop.loop.submit { self.start(loop) }.get() }
            },
            stop: { [self] in
                for loop in loops { try? await loop.loop.submit { loop.stop() }.get() }
            })
    }

    /// On the loop.
    private func start(_ loop: RecommendLoop) {
        loop.start { redis in
            ProfileRoad(
                catalog: settings.catalog, loop: redis.loop, redis: redis, roles: roles,
                options: settings.profiles, wallMs: { SystemClock.nowMs },
                random: { .random(in: .min ... .max) })
        }
    }

    private func httpPart() throws(SettingsFault) -> ServicePart {
        try context.httpServer(
            configure: { options in
                options.maxBodyBytes = 0
                options.maxPipelined = 256
            },
            makeService: { [loops] _, index in loops[index] })
    }
}
