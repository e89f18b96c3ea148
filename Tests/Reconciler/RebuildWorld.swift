import Catalog
import Orders
import Wire

@testable import Reconciler

/// Both stores as plain values, which a plan is applied to: a rebuild without Redis and Kafka.
struct RebuildWorld {
    struct Claim: Equatable {
        var order: Order
        var state: OrderState
        var made: UInt16 = 0
    }

    let catalog: Catalog
    // Redis
    var bound: [UInt64: OrderID] = [:]
    var claims: [OrderID: Claim] = [:]
    var outbox: Set<OrderID> = []
    // Kafka
    var control: [ControlRecord] = []
    var held: [Order] = []
    var queued: [Order] = []
    var outcomes: [(id: OrderID, outcome: Outcome, attempt: UInt16)] = []

    init(_ catalog: Catalog = ReconcilerFixture.catalog) {
        self.catalog = catalog
    }

    /// An order whose shard is its holder's.
    static func order(
        _ coupon: UInt64, lane: UInt32 = 9, sequence: UInt32, gift: UInt16 = 0, amount: UInt32 = 1
    ) -> Order {
        let keys = StoreKeys(campaign: "test", shards: 4, buckets: 8)
        let user = coupon &* 31 + 5
        return Order(
            id: OrderID(lane: lane, shard: keys.shard(user: user), sequence: sequence), coupon: coupon,
            user: user, gift: gift, region: 0, role: 7, amount: amount, claimedAtMs: 1_000,
            deadlineMs: 1_000 + 172_800_000)
    }

    var book: RebuildBook {
        var book = RebuildBook(catalog)
        for (coupon, id) in bound {
            if let claim = claims[id], claim.order.coupon == coupon { book.claimed(claim.order) }
        }
        for id in outbox { book.stoodInOutbox(id, acceptedAtMs: 5) }
        for record in control { book.controlled(record) }
        for order in held { book.stoodInHeld(order) }
        for order in queued { book.stoodInQueue(order) }
        for (id, outcome, attempt) in outcomes { book.cameOut(id, outcome, attempt: attempt) }
        for (id, claim) in claims {
            book.stands(id, claim.state)
            if claim.made > 0 { book.attempted(id, made: claim.made) }
        }
        return book
    }

    /// Carries a plan out.
    mutating func apply(_ plan: RebuildPlan) {
        write(plan.missing)
        outbox = []
        for entry in plan.shards.joined() {
            claims[entry.order.id] = Claim(order: entry.order, state: entry.state, made: entry.made)
            if entry.isBound { bound[entry.order.coupon] = entry.order.id }
            if entry.acceptedAtMs != nil { outbox.insert(entry.order.id) }
        }
    }

    /// What of a plan concerns Kafka.
    mutating func write(_ missing: [RebuildPlan.Missing]) {
        for missing in missing {
            switch missing {
            case .order(let order): queued.append(order)
            case .held(let order): held.append(order)
            case .outcome(let order, let outcome, let attempt): outcomes.append((order.id, outcome, attempt))
            case .act(let act, let what):
                control.append(
                    .stock(
                        act: act, gift: catalog.gifts[Int(what.gift)].id, add: what.add, units: what.units,
                        by: "", reason: "", atMs: 0))
            case .control(let record): control.append(record)
            case .lane(let lane): control.append(.lane(lane: lane, owner: 0, epoch: nil, atMs: 0))
            }
        }
    }

    /// A lane's owner produces what stands in the outbox, and Kafka acknowledges it.
    mutating func sweep() {
        for id in outbox.sorted() {
            guard let claim = claims[id] else { continue }
            if claim.state == .held {
                held.append(claim.order)
            } else {
                queued.append(claim.order)
                claims[id]?.state = .queued
            }
        }
        outbox = []
    }

    mutating func loseRedis() { (bound, claims, outbox) = ([:], [:], []) }

    mutating func loseKafka() { (control, held, queued, outcomes) = ([], [], [], []) }

    /// Where every order stands, an attempt under way counted as one that was never heard of.
    var standings: [OrderID: OrderState] {
        claims.mapValues { $0.state == .inFlight ? .unknown : $0.state }
    }
}
