import CampaignFiles
import Catalog
import Logging
import Metrics
import NIOPosix
import OrderLog
import OrderStore
import Orders
import Redis
import ServiceShell
import Telemetry
import Wire

/// Makes runs, one at a time over all processes, and keeps what they found.
///
/// ```
///   begin (lease, number) ─▶ read the cut ─▶ stage the report ─▶ seal (is it still mine?) ─┬─ yes ─▶ name it
///                                                                                         └─ no ──▶ nothing
/// ```
///
/// The seal is the one moment that counts: before it a run leaves nothing behind, after it its report is the
/// run's, whoever gives it its name. A process that was killed between the two is finished by the next run.
actor RunDesk {
    /// Failed runs that are remembered, by this process.
    static let maxFailures = 32
    /// Runs in one list.
    static let maxListed = 200

    /// A run that ended otherwise than in a report.
    struct Failure: Sendable {
        var id: RunID?
        var cause: RunCause
        var atMs: Int64
        var why: String
    }

    struct Running: Sendable {
        var id: RunID
        var cause: RunCause
        var begunAtMs: Int64
    }

    let stores: CampaignStores
    let settings: RunSettings
    let shelf: RunShelf
    let meters = ReconcilerMeters()
    let owner: UInt64
    private let check: ReadinessCheck
    private let alarms: ReadinessCheck
    private(set) var running: Running?
    /// Oldest first.
    private(set) var failures: [Failure] = []
    private var summaries: [RunID: RunSummary] = [:]
    private var shown: RunID?

    init(_ stores: CampaignStores, _ readiness: Readiness, owner: UInt64 = .random(in: .min ... .max)) {
        self.stores = stores
        self.owner = owner
        settings = stores.settings.runs
        shelf = RunShelf(path: settings.reportsPath)
        check = readiness.check("runs")
        alarms = readiness.check("alarms")
        alarms.set(true, "no run has ended yet")
    }

    private var logger: Logger { stores.logger }

    // MARK: - Beginning

    /// Asks for the lease; a periodic run only where it is due.
    ///
    /// - Throws: ``ReconcilerFault`` or `RedisFailure`; Redis is away or not open.
    func begin(_ cause: RunCause) async throws -> RunTurn {
        try await stores.store.redis.ready(within: .seconds(5))
        let standing = try await stores.store.awaiting { store, then in store.standing(then: then) }
        // While Redis is rebuilt, or waits for it, it tells nothing: all its orders would be missing.
        guard let epoch = standing.openEpoch else {
            throw ReconcilerFault(ReconcilerFault.unavailable, "redis is not open: \(standing)")
        }
        stores.store.epoch = epoch
        let turn = try await stores.store.beginRun(
            owner: owner, leaseMs: settings.leaseMs, everyMs: cause.by == nil ? settings.everyMs : 0)
        switch turn {
        case .begun(let tenure):
            running = Running(id: RunID(tenure), cause: cause, begunAtMs: SystemClock.nowMs)
            meters.show(isRunning: true)
        case .busy(let leftMs):
            check.set(true, "another process reconciles, its lease has \(leftMs) ms left")
            await adoptNewest()
        case .notDue(let waitMs):
            check.set(true, "the next run is due in \(RunAlarm.age(waitMs))")
            await adoptNewest()
        }
        return turn
    }

    /// Gives up a lease under which nothing was begun.
    func abandon(_ tenure: RunTenure) async {
        _ = try? await stores.store.endRun(tenure)
        running = nil
        meters.show(isRunning: false)
    }

    // MARK: - A run

    /// Makes the run from its lease to its report. Whatever goes wrong is told, and stops nothing else.
    ///
    /// - Returns: whether there is a report.
    @discardableResult
    func perform(_ tenure: RunTenure, _ cause: RunCause) async -> Bool {
        let id = RunID(tenure)
        let keeper = RunTenureKeeper(
            stores.store, tenure, leaseMs: settings.leaseMs, logger: logger)
        let isDone: Bool
        do {
            let summary = try await make(tenure, cause, keeper)
            meters.runs.increment()
            check.set(true, "run \(id) ended well")
            adopt(summary)
            tell(summary)
            isDone = true
        } catch {
            if Task.isCancelled {
                logger.notice("run cut short by the shutdown", metadata: ["run": "\(id)"])
            } else {
                failed(id, cause, "\(error)")
            }
            isDone = false
        }
        keeper.stop()
        _ = try? await stores.store.endRun(tenure)
        running = nil
        meters.show(isRunning: false)
        return isDone
    }

    private func make(
        _ tenure: RunTenure, _ cause: RunCause, _ keeper: RunTenureKeeper
    ) async throws -> RunSummary {
        let (id, begunAtMs, shelf) = (RunID(tenure), SystemClock.nowMs, shelf)
        logger.notice("run begun", metadata: ["run": "\(id)", "by": "\(cause.by ?? "the clock")"])
        try await onDisk { try shelf.tidy(before: id, lastSealed: tenure.lastSealed) }
        let (inbox, logger) = (settings.statements, stores.logger)
        let theirs = try await onDisk { inbox.read(logger) }
        let report = try await ReconciliationReport.make(
            stores, tooYoung: settings.tooYoung, statements: theirs.statements)
        guard !keeper.isLost else { throw lostLease() }
        let summary = RunSummary(
            id: id, cause: cause, begunAtMs: begunAtMs, endedAtMs: SystemClock.nowMs, report,
            alarmAgeMs: settings.alarmAgeMs, unread: theirs.unread)
        let document = Self.document(summary, report)
        try await onDisk { try shelf.stage(id, document) }
        guard try await stores.store.sealRun(tenure, .report, leaseMs: settings.leaseMs) else {
            try await onDisk { shelf.discard(id) }
            throw lostLease()
        }
        let oldestMs = SystemClock.nowMs - settings.keepMs
        let removed = try await onDisk { () throws(FileFault) in
            try shelf.publish(id)
            return try shelf.sweep(writtenBeforeMs: oldestMs)
        }
        if removed > 0 { logger.info("old reports removed", metadata: ["count": "\(removed)"]) }
        await closeCampaign(tenure, report)
        return summary
    }

    private func lostLease() -> ReconcilerFault {
        meters.lostLeases.increment()
        return ReconcilerFault(
            ReconcilerFault.again, "the lease was lost, another process goes on: nothing was written")
    }

    /// The closing statement, once, when the campaign is over. What goes wrong is told; the next run tries
    /// again.
    private func closeCampaign(_ tenure: RunTenure, _ report: ReconciliationReport) async {
        let (id, shelf, campaign) = (RunID(tenure), shelf, stores.catalog.campaign)
        guard campaign.phase(report.verdict.atMs) == .over, !shelf.hasStatement(campaign.id) else { return }
        do {
            let statement = try await ClosingStatement.make(stores, report).checked()
            try await onDisk { try shelf.stage(statement, id) }
            guard try await stores.store.sealRun(tenure, .statement, leaseMs: settings.leaseMs) else {
                try await onDisk { shelf.discardStatement(campaign.id, id) }
                throw lostLease()
            }
            try await onDisk { try shelf.publishStatement(campaign.id, id) }
            logger.notice(
                "closing statement written", metadata: ["run": "\(id)", "checksum": "\(statement.checksum)"])
        } catch {
            logger.error("no closing statement", metadata: ["run": "\(id)", "reason": "\(error)"])
        }
    }

    static func document(_ summary: RunSummary, _ report: ReconciliationReport) -> [UInt8] {
        var json = JSONWriter(reserving: 1 << 14)
        json.beginObject()
        json.member("v", 1)
        json.key("run")
        summary.write(&json)
        json.key("report")
        json.raw(report.json().dropLast())
        json.endObject()
        return json.bytes + [UInt8(ascii: "\n")]
    }

    // MARK: - What was found

    private func tell(_ run: RunSummary) {
        logger.info(
            "reconciled",
            metadata: [
                "run": "\(run.id)", "accepted": "\(run.accepted)", "missing": "\(run.missing)",
                "unexpected": "\(run.unexpected)", "doubled": "\(run.doubled)",
                "conflicting": "\(run.conflicting)", "ms": "\(run.endedAtMs - run.begunAtMs)",
            ])
        for alarm in run.alarms {
            logger.error("alarm: \(alarm.text)", metadata: ["run": "\(run.id)", "alarm": "\(alarm.kind)"])
        }
    }

    func failed(_ id: RunID?, _ cause: RunCause, _ why: String) {
        meters.failures.increment()
        check.set(false, "the last run failed: \(why)")
        logger.error(
            "run failed", metadata: ["run": "\(id.map { "\($0)" } ?? "-")", "reason": "\(why)"])
        failures.append(Failure(id: id, cause: cause, atMs: SystemClock.nowMs, why: why))
        if failures.count > Self.maxFailures { failures.removeFirst() }
    }

    private func adopt(_ run: RunSummary) {
        summaries[run.id] = run
        guard shown.map({ $0 < run.id }) ?? true else { return }
        shown = run.id
        meters.show(run)
        alarms.set(
            true,
            "run \(run.id): "
                + (run.alarms.isEmpty
                    ? "nothing to alarm of" : run.alarms.map(\.text).joined(separator: "; ")))
    }

    /// Shows what the newest run found, also where another process made it.
    private func adoptNewest() async {
        guard let newest = try? await list(most: 1).first else { return }
        adopt(newest)
    }

    /// The newest first. Reports that cannot be read are left out, and said to be once.
    func list(most: Int = maxListed) async throws -> [RunSummary] {
        let shelf = shelf
        let ids = try await onDisk { try shelf.list() }
        let present = Set(ids)
        summaries = summaries.filter { present.contains($0.key) }
        var runs = [RunSummary]()
        for id in ids.prefix(most) {
            if summaries[id] == nil { summaries[id] = try await summary(id) }
            if let known = summaries[id] { runs.append(known) }
        }
        return runs
    }

    private func summary(_ id: RunID) async throws -> RunSummary? {
        let shelf = shelf
        return try await onDisk {
            guard let bytes = try shelf.read(id),
                case .object(let document)? = try? JSON.parse(bytes, limits: Self.limits),
                let head = document["run"]
            else { return nil }
            return try? RunSummary(head)
        }
    }

    private static let limits = JSONLimits(
        maxBytes: RunShelf.maxReportBytes, maxDepth: 16, maxNodes: 4_000_000)

    /// nil: there is none of that name.
    func report(_ id: RunID) async throws -> [UInt8]? {
        let shelf = shelf
        return try await onDisk { try shelf.read(id) }
    }

    private func onDisk<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}
