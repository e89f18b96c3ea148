import CampaignFiles
import Catalog
import Kafka
import OrderLog
import OrderStore
import Orders
import Redis
import Telemetry
import Wire

/// Applying a plan: which of its orders still need it, and sending those the way all orders go.
///
/// Each goes to `orders.<game>` under its own ID. Applied twice a plan sends nothing twice: `.control` tells
/// that it was done. Should two processes apply it at once, or one be killed half-way and the plan be applied
/// again, a record may stand twice in the topic, and the deliverer's compare-and-set lets one of them go.
struct Resend: Sendable {
    /// What of a plan would be sent now.
    struct Decision: Sendable, Equatable {
        var due: [Order] = []
        /// Counts of what needs no sending any more, by state.
        var passed: [OrderState: Int] = [:]
    }

    let stores: CampaignStores
    let plan: ResendPlan
    let checksum: String

    /// Whether the plan was applied to its end before.
    func wasDone() async throws -> ControlRecord? {
        try await Resend.acts(stores).last { record in
            if case .resend(checksum, _, .done, _, _, _) = record { true } else { false }
        }
    }

    /// Looks every order up again: what has ended, is being tried, or waits for a person or in the outbox is
    /// left alone.
    func decide() async throws(RedisFailure) -> Decision {
        let redis = StateReading(store: stores.store)
        let states = try await stores.store.states(plan.entries.map(\.order.id))
        var outbox: [UInt16: Set<OrderID>] = [:]
        var decision = Decision()
        for order in plan.entries.map(\.order) {
            var state = states[order.id] ?? .none
            let isDue: Bool
            switch state {
            case .delivered, .rejected, .expired, .voided, .held, .parked: isDue = false
            case .inFlight:
                let look = try await redis.look(order.id)
                state = look.state
                isDue = look.hasLapsed || state == .retrying || state == .unknown
            case .outbox:
                if outbox[order.id.shard] == nil {
                    outbox[order.id.shard] = try await stores.store.outbox(shard: order.id.shard)
                }
                isDue = outbox[order.id.shard]?.contains(order.id) != true
            case .none, .queued, .retrying, .unknown: isDue = true
            }
            if isDue { decision.due.append(order) } else { decision.passed[state, default: 0] += 1 }
        }
        return decision
    }

    /// Writes to `.control` that it begins, sends, and writes that it is done; each step acknowledged before
    /// the next.
    func send(_ orders: [Order], by name: String, reason: String) async throws {
        let append = try AcknowledgedAppend(
            options: try stores.settings.kafka.options(), loop: stores.store.redis.loop, logger: stores.logger
        )
        do throws(KafkaFailure) {
            let topics = Topics(campaign: plan.campaign)
            let catalog = stores.catalog
            func act(_ phase: ControlRecord.Phase) -> [OutgoingRecord] {
                let record = ControlRecord.resend(
                    plan: checksum, orders: orders.count, phase: phase, by: name, reason: reason,
                    atMs: SystemClock.nowMs)
                return [
                    OutgoingRecord(topic: topics.control, key: Array(checksum.utf8), value: record.encode())
                ]
            }
            try await append.append(act(.begun))
            try await append.append(
                orders.map { order in
                    let game = catalog.games[Int(catalog.gifts[Int(order.gift)].game)].id
                    return OutgoingRecord(
                        topic: topics.orders(game: game), key: CrockfordBase32.encode(order.id.rawValue),
                        value: OrderRecord.encode(order, catalog))
                })
            try await append.append(act(.done))
        } catch {
            await append.close()
            throw ReconcilerFault(
                ReconcilerFault.again, "not finished, apply the same plan again: kafka: \(error)")
        }
        await append.close()
    }

    /// What `.control` tells of resends, in its order.
    static func acts(_ stores: CampaignStores) async throws -> [ControlRecord] {
        let topic = Topics(campaign: stores.catalog.campaign.id).control
        return try await stores.blocking { options, logger in
            var acts = [ControlRecord]()
            try TopicScan.all(topic, reader: KafkaReader(options: options, logger: logger)) { _, record in
                if let act = try? ControlRecord.decode(record.value), case .resend = act { acts.append(act) }
            }
            return acts
        }
    }
}
