import Catalog
import Orders

/// What has to be written to Redis, and what to Kafka, so that each holds again all that rebuilds the other.
struct RebuildPlan: Sendable {
    /// An order and where it stands.
    struct Entry: Equatable, Sendable {
        var order: Order
        var state: OrderState
        /// Attempts made, of an open order.
        var made: UInt16
        /// Redis binds the coupon to it already.
        var isClaimed: Bool
        /// Its coupon is bound to it; false for the loser of two orders of one coupon.
        var isBound: Bool
        /// Where it waits for Kafka: when it was accepted, Unix milliseconds, 0 where nobody knows.
        var acceptedAtMs: Int64?
        /// The first of two operators who must approve of it.
        var firstApprover: [UInt8] = []
    }

    /// Something that Kafka does not hold, and must.
    enum Missing: Equatable, Sendable {
        case order(Order)
        case held(Order)
        case outcome(Order, Outcome, attempt: UInt16)
        case act(String, RebuildBook.StockAct)
        /// The lane counter.
        case lane(UInt32)
        /// A limit or a pause, as it was set.
        case control(ControlRecord)
    }

    /// Index: the shard. What has been written is let go.
    private(set) var shards: [[Entry]]
    /// The same.
    private(set) var missing: [Missing] = []
    private var forgotten = 0
    /// Packs issued, and their units, by gift and shard.
    private(set) var issued: [UInt16: [UInt16: (packs: Int, units: Int)]] = [:]
    private(set) var counts: [OrderState: Int] = [:]
    /// Orders that lost their coupon to another one.
    private(set) var losers: [OrderID] = []
    /// Coupons that were not bound to the order that they belong to.
    private(set) var unbound = 0
    let catalog: Catalog
    let acts: [String: RebuildBook.StockAct]
    /// The newest limits and pauses that either of the two knows.
    private(set) var control: OperatorActs
    private(set) var highestLane: UInt32
    private let recordedLane: UInt32
    private(set) var foreign: Int
    /// Records that Kafka has dropped.
    let holes: Int
    private let isLive: Bool

    /// A plan of everything at once.
    ///
    /// - Parameters:
    ///   - book: all facts; nothing of it is in motion.
    ///   - isLive: Redis is open and goes on: what is in flight is left to its owner.
    init(_ book: RebuildBook, isLive: Bool = false) {
        self.init(campaign: book, isLive: isLive)
        add(orders: book)
        end()
    }

    /// A plan of what concerns the campaign as a whole; the orders are added shard by shard.
    ///
    /// - Parameter book: its orders are not looked at.
    init(campaign book: RebuildBook, isLive: Bool) {
        catalog = book.catalog
        acts = book.acts
        control = book.recordedControl
        highestLane = book.highestLane
        recordedLane = book.recordedLane
        foreign = book.foreign
        holes = book.holes
        shards = Array(repeating: [], count: book.catalog.campaign.storage.shards)
        self.isLive = isLive
        for (act, what) in book.acts.sorted(by: { $0.key < $1.key }) where !book.recordedActs.contains(act) {
            missing.append(.act(act, what))
        }
        for entry in book.control.entries where control.take(entry.record) {
            if book.recordedControl[entry.field] != entry.record { missing.append(.control(entry.record)) }
        }
    }

    /// Adds the orders of some shards, all of them at once: a coupon's orders are of one.
    mutating func add(_ book: RebuildBook) {
        foreign += book.foreign
        add(orders: book)
    }

    private mutating func add(orders book: RebuildBook) {
        highestLane = max(highestLane, book.highestLane)
        var standings = OrderTable<RebuiltOrder.Standing>()
        var winners: [UInt64: OrderID] = [:]
        book.orders.each { id, known in
            let standing = known.standing(approvals: Self.approvals(known.order, book.catalog))
            standings[id] = standing
            guard let rival = winners[known.order.coupon] else {
                winners[known.order.coupon] = id
                return
            }
            let (mine, its) = (rank(known, standing), rank(book.orders[rival]!, standings[rival]!))
            if mine > its || mine == its && id < rival { winners[known.order.coupon] = id }
        }
        book.orders.each { id, known in
            let isBound = winners[known.order.coupon] == id
            add(known, standings[id]!, isBound: isBound, acceptedAtMs: book.outbox[id])
        }
        losers.sort()
    }

    /// All orders have been added.
    mutating func end() {
        if recordedLane < highestLane { missing.append(.lane(highestLane)) }
    }

    /// What was added so far has been written.
    mutating func letGo() {
        forgotten += missing.count
        missing = []
        for shard in shards.indices { shards[shard] = [] }
    }

    /// What Kafka lacks, of all that was added.
    var missingCount: Int { forgotten + missing.count }

    var orders: Int { counts.values.reduce(0, +) }

    private func rank(_ known: RebuiltOrder, _ standing: RebuiltOrder.Standing) -> Int {
        known.rank(standing.state, made: standing.made)
    }

    static func approvals(_ order: Order, _ catalog: Catalog) -> Int {
        catalog.campaign.approval?.approvals(of: catalog.gifts[Int(order.gift)]) ?? 1
    }

    private mutating func add(
        _ known: RebuiltOrder, _ standing: RebuiltOrder.Standing, isBound: Bool, acceptedAtMs: Int64?
    ) {
        var (state, order) = (standing.state, known.order)
        // A loser of which it is known that nothing was granted is sent no more.
        if !isBound, [.none, .outbox, .held, .queued, .retrying].contains(state) { state = .voided }
        let made = state.isClosed ? 0 : standing.made
        order.attempt = standing.made
        // A held order whose lane was about to write it down is left to the lanes, as any in the outbox.
        let isUnwritten = state == .held && !known.isInHeld
        let waits = state == .outbox || isUnwritten && acceptedAtMs != nil
        shards[Int(order.id.shard)].append(
            Entry(
                order: known.order, state: state, made: made, isClaimed: known.isClaimed, isBound: isBound,
                acceptedAtMs: waits ? acceptedAtMs ?? 0 : nil,
                firstApprover: known.firstApprover.isEmpty
                    ? Array((known.approvers.first ?? "").utf8) : known.firstApprover))
        counts[state, default: 0] += 1
        if !isBound { losers.append(order.id) }
        if isBound && !known.isClaimed { unbound += 1 }
        if isBound && state != .voided {
            let units = catalog.gifts[Int(order.gift)].amount == nil ? 0 : Int(order.amount)
            var place = issued[order.gift]?[order.id.shard] ?? (0, 0)
            place.packs += 1
            place.units += units
            issued[order.gift, default: [:]][order.id.shard] = place
        }
        if isUnwritten && !waits { missing.append(.held(order)) }
        // A Redis that goes on sweeps what stands in its outbox, and nothing else.
        if state == .outbox && isLive && acceptedAtMs == nil { missing.append(.order(order)) }
        if state == .outbox || state == .held { return }
        let neverLeft = known.isInHeld && made == 0 && (state == .voided || state == .expired)
        if !known.isRecorded && !neverLeft { missing.append(.order(order)) }
        guard !(isLive && known.state == .inFlight), !(known.isRefused && state == .voided) else { return }
        if let outcome = Self.untold(known, state, standing.made) {
            missing.append(.outcome(order, outcome, attempt: max(standing.made, known.outcomeAttempt)))
        }
    }

    /// What the outcomes do not tell of where an order stands.
    private static func untold(_ known: RebuiltOrder, _ state: OrderState, _ made: UInt16) -> Outcome? {
        guard known.outcome?.state != state || known.outcomeAttempt < made else { return nil }
        switch state {
        case .delivered: return known.isGranted ? nil : .granted
        case .rejected: return .rejected
        case .expired: return .expired
        case .voided: return .voided
        case .parked: return .parked
        case .unknown: return .unknown
        case .retrying: return .failed
        case .none, .outbox, .held, .queued, .inFlight: return nil
        }
    }
}
