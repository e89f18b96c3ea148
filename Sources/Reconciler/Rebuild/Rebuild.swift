import Catalog
import Kafka
import Logging
import NIOPosix
import OrderLog
import OrderStore
import Orders
import Redis
import Telemetry
import Wire

/// Rebuilds Redis from Kafka, or Kafka from Redis.
///
/// **Redis.** The campaign is closed under the next epoch and every shard fenced, so that no script of the
/// old one does anything any more. What was accepted or sent before is given the time to settle: leases end,
/// Kafka acknowledges or gives up, attempts end and their outcomes are written. Then Kafka is read to its end
/// and merged with what Redis still holds, shard by shard, so that only one shard's orders are in memory:
/// nothing is wiped, and a claim that never reached Kafka stays, in the outbox. What Kafka lacks of a shard
/// is written there first; then the shard; then what concerns the campaign as a whole; then the epoch's
/// record; then the epoch opens.
///
/// **Kafka.** Redis stays open. Every claim that no topic holds is written to its game's orders again, and
/// the outcomes of those that ended: the deliverers, asking Redis, send none of these twice. The epoch's
/// record comes last.
///
/// **When it is cut short.** Anywhere: the next one begins anew under a higher epoch, once the lease of the
/// dead has ended. What was written is written again.
struct Rebuild: Sendable {
    /// Renewed three times as often; a rebuild that stands still for so long has lost its place.
    static let leaseMs: Int64 = 6_000

    let stores: CampaignStores
    /// Random, of this process.
    let owner: UInt64

    private var store: OrderStore { stores.store }
    private var logger: Logger { stores.logger }

    init(_ stores: CampaignStores, owner: UInt64 = .random(in: .min ... .max)) {
        self.stores = stores
        self.owner = owner
    }

    // MARK: - Looking

    /// What has to be rebuilt now.
    ///
    /// - Parameter askingKafka: false: an open Redis is taken for all that is well.
    func need(askingKafka: Bool = true) async throws -> RebuildNeed {
        try await store.redis.ready(within: .seconds(5))
        let standing = try await store.awaiting { store, then in store.standing(then: then) }
        var lost = 0
        if let epoch = standing.openEpoch {
            lost = try await store.shardsNotOpen(epoch: epoch).count
            if lost == 0 && !askingKafka { return .nothing }
        }
        return RebuildNeed(standing, lostShards: lost, try await history())
    }

    private func history() async throws -> LaneHistory {
        let campaign = stores.catalog.campaign.id
        return try await stores.blocking { options, logger in
            // A client for each look: what it has to say of an old broker was said at the first.
            var quiet = logger
            quiet.logLevel = max(logger.logLevel, .error)
            return try LaneHistory.read(
                campaign: campaign, options: options, timeoutMs: 5_000, logger: quiet)
        }
    }

    /// What would be written, with nothing in its way and nothing changed.
    ///
    /// - Parameter isLive: Redis is open and goes on.
    func plan(isLive: Bool) async throws -> RebuildPlan {
        try await carryOut(isLive: isLive) { _, _ in }
    }

    /// Plans shard by shard and hands over every part, with the shard if it is one of the campaign's, and at
    /// the end what concerns the campaign as a whole. What was handed over is let go.
    private func carryOut(
        isLive: Bool, _ write: (RebuildPlan, _ shard: UInt16?) async throws -> Void
    ) async throws -> RebuildPlan {
        let reading = try await RebuildReading.read(stores)
        DyingStep.reached("read")
        var plan = RebuildPlan(campaign: reading.campaign, isLive: isLive)
        for place in reading.places {
            plan.add(try await reading.book(place))
            try await write(plan, place < store.keys.shards ? UInt16(place) : nil)
            plan.letGo()
        }
        plan.end()
        try await write(plan, nil)
        plan.letGo()
        return plan
    }

    // MARK: - Kafka

    /// Writes back what Kafka has lost.
    func kafka(epoch: UInt16) async throws -> RebuildReport {
        let beganNs = SystemClock.nowNs
        logger.critical("kafka has lost the campaign: writing it back", metadata: ["epoch": "\(epoch)"])
        try await ensureTopics()
        let writing = RebuildWriting(stores: stores, owner: owner)
        let plan = try await appending { append in
            let plan = try await carryOut(isLive: true) { plan, _ in
                try await writing.appendMissing(plan, append)
                DyingStep.reached("appended")
            }
            try await append.append([epochRecord(epoch, cause: "kafka was written back")])
            return plan
        }
        return done(RebuildReport(.kafka, epoch: epoch, plan, sinceNs: beganNs))
    }

    // MARK: - Redis

    /// Rebuilds Redis under a new epoch.
    ///
    /// - Throws: ``ReconcilerFault/again`` while another rebuild has it, and when it lost its place.
    func redis(cause: String) async throws -> RebuildReport {
        let beganNs = SystemClock.nowNs
        try await ensureTopics()
        var floor = try await history().highestEpoch
        while true {
            let tenure = try await take(floor: floor)
            logger.critical(
                "redis is being rebuilt", metadata: ["epoch": "\(tenure.epoch)", "cause": "\(cause)"])
            // A shard may know of an epoch that the campaign's own key has lost.
            if let found = try await store.fenceShards(tenure) {
                floor = found
                continue
            }
            let plan = try await keeping(tenure) { try await rebuild(tenure, cause: cause) }
            return done(RebuildReport(.redis, epoch: tenure.epoch, plan, sinceNs: beganNs))
        }
    }

    private func take(floor: UInt16) async throws -> RebuildTenure {
        switch try await store.takeRebuild(owner: owner, leaseMs: Self.leaseMs, floor: floor) {
        case .taken(let tenure): return tenure
        case .busy(let leftMs):
            throw ReconcilerFault(
                ReconcilerFault.again, "another rebuild has redis, for \(leftMs) ms or longer")
        }
    }

    private func rebuild(_ tenure: RebuildTenure, cause: String) async throws -> RebuildPlan {
        let runs = try await store.awaiting { store, then in store.runs(then: then) }
        try await ContinuousClock().sleep(for: stores.settings.rebuild.settleWait)
        let writing = RebuildWriting(stores: stores, owner: owner)
        let nowMs = try await store.clockMs()
        let plan = try await appending { append in
            let plan = try await carryOut(isLive: false) { plan, shard in
                try await writing.appendMissing(plan, append)
                DyingStep.reached("appended")
                guard let shard else { return }
                try await writing.restore(plan, tenure, shard: shard, nowMs: nowMs)
                DyingStep.reached("restored")
            }
            try await writing.restoreCampaign(plan, tenure)
            DyingStep.reached("campaign")
            // Before anything is accepted in it: whoever loses Redis next finds it.
            try await append.append([epochRecord(tenure.epoch, cause: cause)])
            DyingStep.reached("recorded")
            return plan
        }
        let runsNow = try await store.awaiting { store, then in store.runs(then: then) }
        guard runsNow == runs else {
            throw ReconcilerFault(ReconcilerFault.again, "redis was restarted while it was rebuilt")
        }
        try await store.openShards(tenure)
        guard try await store.openRebuilt(tenure, runs: runs) else { throw Self.lostPlace }
        return plan
    }

    private static let lostPlace = ReconcilerFault(
        ReconcilerFault.again, "another rebuild has taken over")

    /// Renews the lease while `body` works. Should the lease be lost all the same every further step of
    /// `body` is refused by Redis.
    private func keeping<Value>(
        _ tenure: RebuildTenure, _ body: () async throws -> Value
    ) async throws -> Value {
        let keeper = Task { [store] in
            while !Task.isCancelled {
                try? await ContinuousClock().sleep(for: .milliseconds(Self.leaseMs / 3))
                _ = try? await store.keepRebuild(tenure, leaseMs: Self.leaseMs)
            }
        }
        defer { keeper.cancel() }
        return try await body()
    }

    // MARK: - Kafka's side

    private func ensureTopics() async throws {
        let catalog = stores.catalog
        try await stores.blocking { options, logger in
            try CampaignTopics.ensure(catalog, options: options, timeoutMs: 5_000, logger: logger)
        }
    }

    private func epochRecord(_ epoch: UInt16, cause: String) -> OutgoingRecord {
        let record = ControlRecord.epoch(
            epoch: epoch, cause: cause,
            by: "reconciler-\(String(decoding: Hex.encode(owner), as: UTF8.self))",
            atMs: SystemClock.nowMs)
        return OutgoingRecord(
            topic: Topics(campaign: stores.catalog.campaign.id).control, key: Array("epoch".utf8),
            value: record.encode())
    }

    private func appending<Value>(
        _ body: (AcknowledgedAppend) async throws -> Value
    ) async throws -> Value {
        let append = try AcknowledgedAppend(
            options: try stores.settings.kafka.options(), loop: store.redis.loop, logger: logger)
        do {
            let value = try await body(append)
            await append.close()
            return value
        } catch {
            await append.close()
            throw error
        }
    }

    private func done(_ report: RebuildReport) -> RebuildReport {
        logger.critical(
            "rebuilt",
            metadata: [
                "what": "\(report.what.rawValue)", "epoch": "\(report.epoch)", "orders": "\(report.orders)",
                "written": "\(report.appended)", "bound": "\(report.bound)", "dropped": "\(report.holes)",
                "ms": "\(report.durationMs)",
            ])
        return report
    }
}
