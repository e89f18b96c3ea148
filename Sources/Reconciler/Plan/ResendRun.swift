import Catalog
import Kafka
import OrderLog
import OrderStore
import Orders
import Pacing
import Redis
import Telemetry

/// Applying a plan: its orders go out under their own IDs, the way all orders go, at a pace of their own.
///
/// `.control` tells that it begins; then window by window: every order is looked up, those whose trail is
/// cold are marked as unknown, and the records are appended to `orders.<game>`; then `.control` tells that it
/// is done. Each step is acknowledged before the next. Killed anywhere, or stopped, the next run looks
/// everything up again and goes on: what was sent stands in the queue or has moved on. Should two processes
/// on two machines apply one plan at the same time a record may stand twice in the topic, of which the
/// deliverers' compare-and-set lets one go.
struct ResendRun {
    struct Result: Sendable, Equatable {
        var sent = 0
        /// Left alone, by why.
        var passed: [String: Int] = [:]
        /// Who had applied it to its end before this run, which hence did nothing.
        var doneBefore: ResendAct?
    }

    private static let maxWindow = 256
    /// Between two looks at whether it is to stop.
    private static let lookNs: UInt64 = 200_000_000

    let stores: CampaignStores
    let plan: ResendPlan
    let checksum: String
    let by: String
    let reason: String
    let perSecond: Double
    /// Whether the process was asked to end.
    var isInterrupted: @Sendable () -> Bool = { false }

    /// Who has said what of a plan.
    struct ResendAct: Sendable, Equatable {
        let orders: Int
        let phase: ControlRecord.ResendPhase
        let by: String
        let reason: String
    }

    /// - Throws: ``ReconcilerFault/again`` where it was stopped or cut short, ``ReconcilerFault/notAllowed``
    ///   where a second person has to agree.
    func run() async throws -> Result {
        let acts = try await acts()
        if let done = acts.last(where: { $0.phase == .done }) { return Result(doneBefore: done) }
        try demandSecond(acts)
        try await demandOpen()
        var stops = StopWatch(stores, checksum)
        try await stops.begin()
        let live = try await Resend(stores: stores).live(plan)
        let append = try AcknowledgedAppend(
            options: try stores.settings.kafka.options(), loop: stores.store.redis.loop, logger: stores.logger
        )
        var result = Result()
        do {
            try await apply(&result, live, &stops, append)
        } catch let failure as KafkaFailure {
            await append.close()
            throw unfinished("kafka: \(failure)")
        } catch let failure as RedisFailure {
            await append.close()
            throw unfinished("\(failure)")
        } catch {
            await append.close()
            throw error
        }
        await append.close()
        return result
    }

    /// What would be sent now, and what not; nothing is changed.
    func look() async throws -> Resend.Decision {
        let resend = Resend(stores: stores)
        return try await resend.decide(plan.entries, live: try await resend.live(plan))
    }

    /// What was done with this plan before.
    func acts() async throws -> [ResendAct] {
        try await Resend.acts(stores, of: checksum).compactMap { record in
            guard case .resend(_, let orders, let phase, let by, let reason, _) = record else { return nil }
            return ResendAct(orders: orders, phase: phase, by: by, reason: reason)
        }
    }

    private func demandSecond(_ acts: [ResendAct]) throws(ReconcilerFault) {
        guard let why = plan.needsSecond(stores.settings.resend, stores.catalog) else { return }
        let approvers = acts.filter { $0.phase == .approved }.map(\.by)
        guard approvers.contains(where: { !Self.isSamePerson($0, by) }) else {
            throw ReconcilerFault(
                ReconcilerFault.notAllowed,
                "\(why): somebody other than \(by) must approve it first (reconciler plan approve)")
        }
    }

    /// Names that differ in case or in blanks around them are one person's.
    static func isSamePerson(_ one: String, _ other: String) -> Bool {
        func plain(_ name: String) -> String {
            let scalars = name.lowercased().unicodeScalars
            return String(String.UnicodeScalarView(scalars.filter { !$0.properties.isWhitespace }))
        }
        return plain(one) == plain(other)
    }

    /// Works under the epoch that is open from now on.
    private func demandOpen() async throws {
        let standing = try await stores.store.awaiting { store, then in store.standing(then: then) }
        guard let epoch = standing.openEpoch else {
            throw ReconcilerFault(ReconcilerFault.unavailable, "redis is not open: \(standing)")
        }
        stores.store.epoch = epoch
    }

    private func unfinished(_ why: String) -> ReconcilerFault {
        ReconcilerFault(ReconcilerFault.again, "not finished, apply the same plan again: \(why)")
    }

    // MARK: - The windows

    private func apply(
        _ result: inout Result, _ live: Set<OrderID>, _ stops: inout StopWatch, _ append: AcknowledgedAppend
    ) async throws {
        let resend = Resend(stores: stores)
        try await tell(.begun, plan.entries.count, append)
        DyingStep.reached("begun")
        let size = min(Self.maxWindow, max(1, Int(perSecond / 4)))
        var pace = GCRA(perSecond: perSecond / Double(size), burst: 1, nowNs: SystemClock.nowNs)
        var left = plan.entries[...]
        while !left.isEmpty {
            if let why = try await untilDue(&pace, &stops) {
                try await tell(.stopped, result.sent, append)
                throw unfinished("stopped \(why) after \(result.sent) orders")
            }
            let window = left.prefix(size)
            let decision = try await resend.decide(window, live: live)
            DyingStep.reached("looked")
            let due = try await resend.markUnknown(decision.due)
            DyingStep.reached("marked")
            let nowMs = SystemClock.nowMs
            try await append.append(
                due.map { .resend($0.order, attempt: $0.order.attempt, stores.catalog, nowMs: nowMs) })
            DyingStep.reached("sent")
            result.sent += due.count
            result.passed.merge(decision.passed, uniquingKeysWith: +)
            if due.count < decision.due.count {
                result.passed["taken up meanwhile", default: 0] += decision.due.count - due.count
            }
            left = left.dropFirst(window.count)
        }
        DyingStep.reached("through")
        try await tell(.done, result.sent, append)
        DyingStep.reached("done")
    }

    /// Waits until the next window may go, or until it is to stop: then says why.
    private func untilDue(_ pace: inout GCRA, _ stops: inout StopWatch) async throws -> String? {
        while true {
            if isInterrupted() { return "by a signal" }
            if let why = try await stops.why() { return why }
            let now = SystemClock.nowNs
            if pace.take(nowNs: now) { return nil }
            try await Task.sleep(nanoseconds: min(Self.lookNs, pace.nextAtNs > now ? pace.nextAtNs - now : 0))
        }
    }

    private func tell(
        _ phase: ControlRecord.ResendPhase, _ orders: Int, _ append: AcknowledgedAppend
    ) async throws {
        try await append.append([
            .act(on: checksum, phase, orders: orders, by: by, reason: reason, stores.catalog)
        ])
    }
}

extension OutgoingRecord {
    /// An operator's act on a resend plan, for `.control`.
    static func act(
        on plan: String, _ phase: ControlRecord.ResendPhase, orders: Int, by: String, reason: String,
        _ catalog: Catalog
    ) -> OutgoingRecord {
        let record = ControlRecord.resend(
            plan: plan, orders: orders, phase: phase, by: by, reason: reason, atMs: SystemClock.nowMs)
        return OutgoingRecord(
            topic: Topics(campaign: catalog.campaign.id).control, key: Array(plan.utf8),
            value: record.encode())
    }
}
