import Catalog
import Kafka
import OrderLog
import OrderStore
import Orders
import Redis
import Telemetry

/// Which orders of a plan still need to be sent, and the step before sending one whose trail is cold.
///
/// The facts themselves are the checkpoint: what was sent by a run that was killed either stands ahead of the
/// deliverers in its topic, or has moved on in Redis. Nobody has to remember which.
struct Resend: Sendable {
    /// What of a plan would be sent now.
    struct Decision: Sendable, Equatable {
        var due: [ResendPlan.Entry] = []
        /// Counts of what needs no sending any more, by why.
        var passed: [String: Int] = [:]
    }

    /// Of what a record in the queue will bring to a deliverer.
    static let onItsWay = "on its way"
    private static let foreign = "of no shard"

    let stores: CampaignStores
    /// The owner in whose name attempts are marked as lost; of no deliverer.
    let owner = UInt64.random(in: .min ... .max)

    /// Of a plan's orders, those of which a record stands ahead of the deliverers: sent by somebody else, or
    /// by a run before.
    func live(_ plan: ResendPlan) async throws -> Set<OrderID> {
        let orders = Set(plan.entries.map(\.order.id))
        guard !orders.isEmpty else { return [] }
        let catalog = stores.catalog
        let games = Set(plan.entries.map { catalog.gifts[Int($0.order.gift)].game })
        return try await stores.blocking { options, logger in
            try LiveRecords.among(
                orders, games: games, catalog: catalog,
                reader: KafkaReader(options: options, logger: logger))
        }
    }

    /// Looks orders up again: what has ended, is being tried, or waits for a person, in the queue or in the
    /// outbox is left alone.
    func decide(
        _ entries: some Collection<ResendPlan.Entry>, live: Set<OrderID>
    ) async throws(RedisFailure) -> Decision {
        let redis = StateReading(store: stores.store)
        let shards = stores.store.keys.shards
        let ours = entries.filter { Int($0.order.id.shard) < shards }
        let states = try await stores.store.states(ours.map(\.order.id))
        var outbox: [UInt16: Set<OrderID>] = [:]
        var decision = Decision()
        if ours.count < entries.count { decision.passed[Self.foreign] = entries.count - ours.count }
        for entry in ours {
            let id = entry.order.id
            var state = states[id] ?? .none
            let isDue: Bool
            switch state {
            case .delivered, .rejected, .expired, .voided, .held, .parked: isDue = false
            case .inFlight:
                let look = try await redis.look(id)
                state = look.state
                isDue = look.hasLapsed || state == .retrying || state == .unknown
            case .outbox:
                if outbox[id.shard] == nil {
                    outbox[id.shard] = try await stores.store.outbox(shard: id.shard)
                }
                isDue = outbox[id.shard]?.contains(id) != true
            case .none, .queued, .retrying, .unknown: isDue = true
            }
            if !isDue {
                decision.passed[state.name, default: 0] += 1
            } else if live.contains(id) {
                decision.passed[Self.onItsWay, default: 0] += 1
            } else {
                decision.due.append(entry)
            }
        }
        return decision
    }

    /// Marks those that may have been granted without anybody knowing as tried with an unknown end, so that
    /// the deliverers ask the game first, or send where the game tells repeats apart, or hand the order to a
    /// person: never a second grant.
    ///
    /// - Returns: what may be sent, with the attempts made as Redis counts them; what somebody else has taken
    ///   up meanwhile is left out.
    func markUnknown(_ entries: [ResendPlan.Entry]) async throws(RedisFailure) -> [ResendPlan.Entry] {
        let doubtful = entries.filter(\.asksFirst)
        guard !doubtful.isEmpty else { return entries }
        let made = try await stores.store.attemptsMade(doubtful.map(\.order.id))
        var ready: [OrderID: UInt16] = [:]
        for (shard, part) in Dictionary(grouping: doubtful, by: \.order.id.shard) {
            try await markUnknown(shard, part.map(\.order), made, &ready)
        }
        return entries.compactMap { entry in
            guard entry.asksFirst else { return entry }
            guard let attempts = ready[entry.order.id] else { return nil }
            var marked = entry
            marked.order.attempt = attempts
            return marked
        }
    }

    /// One shard's. An attempt is begun in nobody's name and lost at once: the state machine has no shorter
    /// way from "never heard of" to "unknown". Killed between the two the attempt lapses, which is the same.
    private func markUnknown(
        _ shard: UInt16, _ orders: [Order], _ made: [OrderID: UInt16], _ ready: inout [OrderID: UInt16]
    ) async throws(RedisFailure) {
        let entries = orders.map {
            AttemptEntry(order: $0, attempt: (made[$0.id] ?? 0) + 1, resendsUnknown: false)
        }
        let owner = owner
        let decisions = try await stores.store.awaiting { store, then in
            store.begin(shard: shard, owner: owner, lifeMs: 1, entries: entries, then: then)
        }
        var begun: [SettleEntry] = []
        for (entry, decision) in zip(entries, decisions) {
            switch decision {
            case .go: begun.append(SettleEntry(order: entry.order.id, event: .lost, attempt: entry.attempt))
            case .unknown(let attempts): ready[entry.order.id] = attempts
            case .closed, .busy, .voided, .madeBefore, .withAPerson: break
            }
        }
        guard !begun.isEmpty else { return }
        DyingStep.reached("attempted")
        let lost = begun
        let settled = try await stores.store.awaiting { store, then in
            store.settle(shard: shard, entries: lost, then: then)
        }
        for (entry, decision) in zip(lost, settled) where decision.state == .unknown {
            ready[entry.order] = entry.attempt
        }
    }

    /// What `.control` tells of resends, in its order; of one plan, or of all.
    static func acts(_ stores: CampaignStores, of plan: String? = nil) async throws -> [ControlRecord] {
        let topic = Topics(campaign: stores.catalog.campaign.id).control
        return try await stores.blocking { options, logger in
            var acts = [ControlRecord]()
            try TopicScan.all(topic, reader: KafkaReader(options: options, logger: logger)) { _, record in
                guard let act = try? ControlRecord.decode(record.value),
                    case .resend(let its, _, _, _, _, _) = act, plan == nil || its == plan
                else { return }
                acts.append(act)
            }
            return acts
        }
    }
}
