import CampaignFiles
import Catalog
import Credentials
import HTTPServer
import Logging
import NIOCore
import NIOPosix
import ProfileRoad
import Redis
import ServiceShell
import ServiceWiring
import Synchronization
import Telemetry
import Wire

/// The process: its loops, what they share, and the order in which all of it starts and stops.
final class RecommendService: Sendable {
    private let settings: RecommendSettings
    private let context: ServiceContext
    private let loops: [RecommendLoop]
    private let roles: RoleClient
    private let editions: EditionDesk

    /// Reads the settings and makes the parts; nothing is started.
    static func parts(_ context: ServiceContext) throws -> [ServicePart] {
        try Wiring.admitOperators(context)
        let service = RecommendService(try RecommendSettings(context), context)
        return [Wiring.part(service.roles), service.loopsPart, service.catalogPart, try service.httpPart()]
    }

    private init(_ settings: RecommendSettings, _ context: ServiceContext) {
        self.settings = settings
        self.context = context
        let edition = RecommendLoop.Edition(
            list: GiftList(catalog: settings.catalog), pages: settings.pages)
        let meters = RecommendMeters()
        var redisOptions = RedisOptions()
        redisOptions.clientName = "recommend"
        var loops = [RecommendLoop]()
        for (index, loop) in context.group.makeIterator().enumerated() {
            let redis = RedisRouter(
                settings.redis, loop: loop, options: redisOptions, logger: context.logger)
            loops.append(
                RecommendLoop(
                    index: index, redis: redis, edition: edition,
                    tickets: VerifiedTickets(
                        verifier: settings.tickets.first, entries: settings.ticketEntries,
                        seed: (.random(in: .min ... .max), .random(in: .min ... .max))),
                    limits: settings.limits, meters: meters,
                    readiness: context.readiness.check("redis-\(index)")))
        }
        self.loops = loops
        roles = RoleClient(options: settings.profiles)
        editions = EditionDesk(
            settings: settings, edition: edition, loops: loops,
            readiness: context.readiness.check("catalog"), logger: context.logger)
        addRoutes()
        settings.tickets.whenChanged { [loops = self.loops] tickets in
            for loop in loops { loop.loop.execute { loop.adopt(tickets) } }
        }
        context.logger.info(
            "campaign loaded",
            metadata: [
                "campaign": "\(settings.catalog.campaign.id)", "content": "\(settings.catalog.contentHash)",
                "gifts": "\(settings.catalog.gifts.count)", "pages": "\(settings.pages.count)",
            ])
    }

    private func addRoutes() {
        let (loops, editions) = (loops, editions)
        context.routes.add(.get, "/v1/admin/status") { _ in
            var statuses = [LoopStatus]()
            for loop in loops { statuses.append(try await loop.loop.submit { loop.status }.get()) }
            let served = editions.served
            return RecommendStatus(
                campaign: served.catalog.campaign.id, catalogHash: served.catalog.contentHash,
                refusedEdit: editions.refusedEdit, pages: served.pages.count, loops: statuses
            ).response
        }
    }

    // MARK: - Parts

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

    private var catalogPart: ServicePart {
        let watch = CampaignWatch(
            CampaignLook(
                directory: settings.campaignDirectory, webRoot: settings.webRoot,
                serving: settings.catalog, environment: CampaignDirectory.processEnvironment)
        ) { [editions] event in editions.take(event) }
        return ServicePart(
            "catalog", start: { watch.start() },
            stop: { try? await NIOThreadPool.singleton.runIfActive { watch.stop() } })
    }

    /// On the loop.
    private func start(_ loop: RecommendLoop) {
        // The system's generator would be a system call for each profile that is kept.
        var generator = SplitMix64(seed: .random(in: .min ... .max))
        loop.start { redis in
            ProfileRoad(
                catalog: settings.catalog, loop: redis.loop, redis: redis, roles: roles,
                options: settings.profiles, wallMs: { SystemClock.nowMs },
                random: { generator.next() })
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
