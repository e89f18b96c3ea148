import HTTPServer
import Logging
import Metrics
import NIOPosix
import OrderStore
import Redis
import ServiceShell
import ServiceWiring
import Telemetry

/// `reconciler serve`: a reconciliation every so often, and whenever an operator asks for one.
enum ReconcilerService {
    /// Orders younger than this are not called missing by a service whose alarms wake people.
    static let tooYoung: Duration = .seconds(10)

    private static let pauseAfterFailure: Duration = .seconds(5)

    static func run(configPath: String) async -> Never {
        await ServiceProcess.run(name: "reconciler", configPath: configPath) { context in
            let settings = try ReconcilerSettings(context.settings)
            try Wiring.admitOperators(context)
            let stores = CampaignStores(settings, loop: context.group.next(), logger: context.logger)
            let desk = ReportDesk(
                stores, tooYoung: settings.tooYoung ?? tooYoung, context.readiness.check("runs"))
            addRoutes(context, desk)
            let periodic = Periodic(every: settings.every) {
                // Redis away, or not open yet: soon again, not after an hour.
                while !Task.isCancelled, (try? await desk.reconcile()) == nil {
                    try? await ContinuousClock().sleep(for: pauseAfterFailure)
                }
            }
            let part = ServicePart(
                "runs",
                start: { periodic.start() },
                stop: {
                    periodic.stop()
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

    private static func addRoutes(_ context: ServiceContext, _ desk: ReportDesk) {
        context.routes.add(.post, "/v1/admin/runs") { call in
            context.logger.notice("run asked for", metadata: ["by": "\(call.caller)"])
            return HTTPResponse.json(try await desk.reconcile())
        }
        context.routes.add(.get, "/v1/admin/report") { _ in
            guard let report = await desk.last else {
                throw AdminProblem(404, "No reconciliation has ended yet.")
            }
            return HTTPResponse.json(report)
        }
    }
}

/// Runs reconciliations one at a time and keeps the last report. Whoever asks during a run gets that run's
/// report.
actor ReportDesk {
    private let stores: CampaignStores
    private let tooYoung: Duration
    private let check: ReadinessCheck
    private let meters = ReconcilerMeters()
    private var current: Task<[UInt8], any Error>?
    /// The last report, JSON.
    private(set) var last: [UInt8]?

    init(_ stores: CampaignStores, tooYoung: Duration, _ check: ReadinessCheck) {
        self.stores = stores
        self.tooYoung = tooYoung
        self.check = check
    }

    func reconcile() async throws -> [UInt8] {
        if let current { return try await current.value }
        let task = Task { try await self.runOnce() }
        current = task
        defer { current = nil }
        return try await task.value
    }

    private func runOnce() async throws -> [UInt8] {
        do {
            try await stores.store.redis.ready(within: .seconds(5))
            let standing = try await stores.store.awaiting { store, then in store.standing(then: then) }
            // While Redis is rebuilt, or waits for it, it tells nothing: all its orders would be missing.
            guard standing.openEpoch != nil else {
                throw ReconcilerFault(ReconcilerFault.unavailable, "redis is not open: \(standing)")
            }
            let report = try await ReconciliationReport.make(stores, tooYoung: tooYoung)
            let json = report.json()
            last = json
            meters.show(report)
            check.set(true, "the last run ended well")
            let missing = report.verdict.missing.count
            stores.logger.log(
                level: report.isClean ? .info : .critical,
                report.isClean ? "reconciled" : "orders are missing or unexpected",
                metadata: [
                    "accepted": "\(report.verdict.accepted)", "missing": "\(missing)",
                    "unexpected": "\(report.verdict.unexpected.count)", "ms": "\(report.cut.durationMs)",
                ])
            return json
        } catch {
            meters.failures.increment()
            check.set(false, "the last run failed: \(error)")
            stores.logger.error("reconciliation failed", metadata: ["reason": "\(error)"])
            throw error
        }
    }
}

/// The reconciler's metrics.
struct ReconcilerMeters: Sendable {
    let failures = Counter(label: "hongbao_reconciler_failed_runs_total")
    private let runs = Counter(label: "hongbao_reconciler_runs_total")
    private let unexpected = Gauge(label: "hongbao_reconciler_unexpected_orders")
    private let seconds = Gauge(label: "hongbao_reconciler_run_seconds")
    private let cutAt = Gauge(label: "hongbao_reconciler_cut_timestamp_seconds")
    private let classes: [OrderClass: Gauge] = Dictionary(
        uniqueKeysWithValues: OrderClass.allCases.map { place in
            (place, Gauge(label: "hongbao_reconciler_orders", dimensions: [("class", place.rawValue)]))
        })

    func show(_ report: ReconciliationReport) {
        runs.increment()
        unexpected.record(report.verdict.unexpected.count)
        seconds.record(Double(report.cut.durationMs) / 1000)
        cutAt.record(Double(report.verdict.atMs) / 1000)
        for (place, gauge) in classes { gauge.record(report.verdict[place]) }
    }
}
