import Catalog
import Kafka
import OrderLog
import OrderStore
import Orders
import Redis
import Telemetry
import Wire

/// Carries a ``RebuildPlan`` out, as far as it has come: what Kafka lacks, then what Redis lacks.
struct RebuildWriting: Sendable {
    /// Above every lane that may have been given out without anybody's having heard of it.
    static let laneGap: UInt32 = 65_536
    private static let reason = "written back by a rebuild"

    let stores: CampaignStores
    /// Names the rebuilder in records: 16 hex digits.
    let owner: UInt64

    private var catalog: Catalog { stores.catalog }
    private var store: OrderStore { stores.store }

    // MARK: - Kafka

    /// Writes everything that Kafka lacks, acknowledged.
    func appendMissing(_ plan: RebuildPlan, _ append: AcknowledgedAppend) async throws(KafkaFailure) {
        let topics = Topics(campaign: catalog.campaign.id)
        var batch = [OutgoingRecord]()
        for missing in plan.missing {
            batch += records(missing, topics)
            guard batch.count >= AcknowledgedAppend.batch else { continue }
            try await append.append(batch)
            batch.removeAll(keepingCapacity: true)
        }
        try await append.append(batch)
    }

    private func records(_ missing: RebuildPlan.Missing, _ topics: Topics) -> [OutgoingRecord] {
        let nowMs = SystemClock.nowMs
        func keyed(_ topic: String, _ order: Order, _ value: [UInt8]) -> OutgoingRecord {
            OutgoingRecord(topic: topic, key: CrockfordBase32.encode(order.id.rawValue), value: value)
        }
        func control(_ record: ControlRecord, key: String) -> OutgoingRecord {
            OutgoingRecord(topic: topics.control, key: Array(key.utf8), value: record.encode())
        }
        func game(_ order: Order) -> String { catalog.games[Int(catalog.gifts[Int(order.gift)].game)].id }
        switch missing {
        case .order(let order):
            return [keyed(topics.orders(game: game(order)), order, OrderRecord.encode(order, catalog))]
        case .held(let order):
            return [keyed(topics.held, order, HeldRecord(order: order, risk: []).encode(catalog))]
        case .outcome(let order, let outcome, let attempt):
            let record = OutcomeRecord(
                order: order.id, coupon: order.coupon, game: game(order),
                gift: catalog.gifts[Int(order.gift)].id, attempt: attempt, outcome: outcome, status: 0,
                atMs: nowMs, owner: owner, reason: Self.reason)
            let told = keyed(topics.outcomes, order, record.encode())
            guard [.rejected, .expired, .voided].contains(outcome) else { return [told] }
            // A dead letter again, so that it can be redriven; what the game answered is lost.
            var closed = order
            closed.attempt = attempt
            let dead = DeadRecord(
                order: closed, outcome: outcome, reason: Self.reason, status: 0, answer: "", atMs: nowMs)
            return [keyed(topics.dead, order, dead.encode(catalog)), told]
        case .act(let act, let what):
            let stock = ControlRecord.stock(
                act: act, gift: catalog.gifts[Int(what.gift)].id, add: what.add, units: what.units,
                by: "reconciler", reason: Self.reason, atMs: nowMs)
            return [control(stock, key: act)]
        case .control(let record):
            return [control(record, key: OperatorActs.field(of: record) ?? "control")]
        case .lane(let lane):
            return [control(.lane(lane: lane, owner: owner, epoch: nil, atMs: nowMs), key: "lane")]
        }
    }

    // MARK: - Redis

    /// Writes the pool, the limits and the lane counter, after all shards. Every step may be repeated.
    func restoreCampaign(_ plan: RebuildPlan, _ tenure: RebuildTenure) async throws(RedisFailure) {
        let seed = UInt64.random(in: .min ... .max)
        for gift in catalog.gifts {
            guard let amounts = plan.split(gift, seed: seed) else { continue }
            try await store.restore(tenure, campaignString: store.keys.split(gift: gift.slot), amounts)
        }
        try await store.restore(
            tenure, campaignHash: store.keys.pool, plan.pool(epoch: tenure.epoch, seed: seed))
        // A version that nobody has seen: every epoch is a new one.
        let copy = ControlCopy(version: Int64(tenure.epoch) << 32, acts: plan.control)
        try await store.restore(tenure, campaignHash: store.keys.control, copy.fields)
        let seconds = UInt32(clamping: SystemClock.nowMs / 1000 - OrderStore.laneEpochS)
        let next = max(plan.highestLane, seconds) + Self.laneGap
        // All leases are forgotten: everybody takes a lane of the new epoch.
        try await store.restore(tenure, campaignHash: store.keys.lanes, [("next", "\(next)")])
    }

    /// Writes a shard. Every step may be repeated.
    ///
    /// - Parameter nowMs: by Redis's clock.
    func restore(
        _ plan: RebuildPlan, _ tenure: RebuildTenure, shard: UInt16, nowMs: Int64
    ) async throws(RedisFailure) {
        let keys = store.keys
        var claims: [[UInt8]: [(field: [UInt8], value: [UInt8])]] = [:]
        var states: [OrderID: OrderState] = [:]
        var wanted = ShardContents()
        for entry in plan.shards[Int(shard)] {
            let order = entry.order
            states[order.id] = entry.state
            if entry.isBound && !entry.isClaimed {
                claims[keys.claims(user: order.user), default: []].append(
                    (order.coupon.bigEndianBytes, ClaimRecord.encode(order)))
            }
            if entry.made > 0 { wanted.made(order.id, attempts: entry.made) }
            if entry.state == .held {
                wanted.isHeld(order, heldAtMs: order.claimedAtMs, firstApprover: entry.firstApprover)
            }
            if let acceptedAtMs = entry.acceptedAtMs {
                // A time ahead of Redis's clock would keep it waiting.
                wanted.waits(
                    order, isHeld: entry.state == .held, acceptedAtMs: min(acceptedAtMs, nowMs))
            }
        }
        try await store.restore(tenure, shard: shard, hashes: claims)
        try await store.restore(tenure, shard: shard, strings: try await store.statesToSet(states))
        let held = try await store.contents(shard: shard)
        try await put(tenure, shard, keys.attempts(shard: shard), held.attempts, wanted.attempts)
        try await put(tenure, shard, keys.held(shard: shard), held.held, wanted.held)
        try await put(tenure, shard, keys.outbox(shard: shard), held.outbox, wanted.outbox)
        var people: [[UInt8]: [(field: [UInt8], value: [UInt8])]] = [:]
        for (user, counts) in plan.quotas(shard) {
            people[keys.quotas(user: user), default: []].append((user.bigEndianBytes, counts))
        }
        try await store.restore(tenure, shard: shard, hashes: people)
        let piles = catalog.gifts.filter { $0.amount != nil }.map {
            keys.amounts(shard: shard, gift: $0.slot)
        }
        try await store.drop(tenure, shard: shard, [keys.stock(shard: shard)] + piles)
        try await store.restore(
            tenure, shard: shard, hash: keys.stock(shard: shard),
            set: plan.shardStock(shard).map { (Array($0.field.utf8), Array($0.value.utf8)) })
    }

    /// Makes a hash of orders what it ought to be: sets first, so that a rebuild that is cut short leaves
    /// nothing out.
    private func put(
        _ tenure: RebuildTenure, _ shard: UInt16, _ key: [UInt8], _ held: [OrderID: [UInt8]],
        _ wanted: [OrderID: [UInt8]]
    ) async throws(RedisFailure) {
        let set = wanted.filter { held[$0.key] != $0.value }
        try await store.restore(
            tenure, shard: shard, hash: key, set: set.map { ($0.key.bytes, $0.value) },
            remove: held.keys.filter { wanted[$0] == nil }.map(\.bytes))
    }
}
