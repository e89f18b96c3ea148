import NIOPosix
import OrderStore
import Redis
import ServiceShell
import ServiceWiring

/// `reconciler serve`: a reconciliation every so often, and whenever an operator asks for one.
enum ReconcilerService {
    static func run(configPath: String) async -> Never {
        await ServiceProcess.run(name: "reconciler", configPath: configPath) { context in
            let settings = try ReconcilerSettings(context.settings)
            try Wiring.admitOperators(context)
            let stores = CampaignStores(settings, loop: context.group.next(), logger: context.logger)
            let desk = RunDesk(stores, context.readiness)
            RunRoutes.add(to: context.routes, desk)
            let timer = RunTimer(desk)
            let part = ServicePart(
                "runs",
                start: { timer.start() },
                stop: {
                    timer.stop()
                    await stores.store.redis.shutDown()
                })
            let watch = RebuildWatch(
                Rebuild(stores), isAutomatic: settings.rebuild.automatic, context.readiness.check("rebuild"),
                logger: context.logger)
            return [
                part,
                ServicePart("rebuild") {
                    let looks = Task { await watch.run() }
                    await ServicePart.untilShutdown()
                    looks.cancel()
                    await looks.value
                },
            ]
        }
    }
}
