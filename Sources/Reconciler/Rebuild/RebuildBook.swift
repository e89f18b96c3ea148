import Catalog
import Orders

/// Everything that Redis and Kafka say of a campaign's orders, stock, lanes and epochs. Knows neither of the
/// two: facts go in, Redis's first, and a ``RebuildPlan`` comes out.
struct RebuildBook: Sendable {
    /// An operator's act that added stock, by its name.
    struct StockAct: Equatable, Sendable {
        var gift: UInt16
        var add: Int
        var units: Int
    }

    let catalog: Catalog
    private(set) var orders = OrderTable<RebuiltOrder>()
    private(set) var acts: [String: StockAct] = [:]
    /// Acts that `.control` tells of.
    private(set) var recordedActs: Set<String> = []
    /// The highest lane of all orders, of `.control`, and of Redis's counter.
    private(set) var highestLane: UInt32 = 0
    /// The highest lane that `.control` tells of.
    private(set) var recordedLane: UInt32 = 0
    /// Entries of Redis's outboxes, with the time at which they were accepted, Unix milliseconds.
    private(set) var outbox: [OrderID: Int64] = [:]
    /// Claims and records of what this catalog does not have; only counted.
    private(set) var foreign = 0
    /// Records that topics of orders have dropped from their beginnings: what they told is told by nobody.
    private(set) var holes = 0
    /// The limits and pauses that Redis tells of, and those that `.control` does.
    private(set) var control = OperatorActs()
    private(set) var recordedControl = OperatorActs()
    /// Outcomes of orders of which no claim and no record tells.
    private(set) var strangers: Set<OrderID> = []
    /// Orders whose ID stands for two different claims.
    private(set) var ambiguous: Set<OrderID> = []
    /// Operators' words on held orders.
    private var words: [OrderID: (approvers: [String], isRefused: Bool)] = [:]

    private let keys: StoreKeys

    init(_ catalog: Catalog) {
        self.catalog = catalog
        let storage = catalog.campaign.storage
        keys = StoreKeys(
            campaign: catalog.campaign.id, shards: storage.shards, buckets: storage.claimBuckets)
    }

    /// The same campaign's book of other orders: what operators said of any, and no order yet.
    var ofNoOrders: RebuildBook {
        var book = self
        book.orders = OrderTable()
        (book.outbox, book.strangers, book.ambiguous) = ([:], [], [])
        (book.foreign, book.holes) = (0, 0)
        return book
    }

    /// What a source says of an order; outcomes after all else, and dead letters last.
    mutating func take(_ fact: Fact) {
        switch fact {
        case .claimed(let order): claimed(order)
        case .inOutbox(let id, let acceptedAtMs): stoodInOutbox(id, acceptedAtMs: acceptedAtMs)
        case .held(let order): stoodInHeld(order)
        case .queued(let order, _), .retried(let order, _): stoodInQueue(order)
        case .outcome(let id, let outcome, let attempt, _, _): cameOut(id, outcome, attempt: attempt)
        case .dead(let order, let outcome, _): died(order, outcome)
        case .stated: break
        }
    }

    // MARK: - Redis

    /// A coupon's binding.
    mutating func claimed(_ order: Order) {
        guard isKnown(order) else { return foreign += 1 }
        know(order) { $0.isClaimed = true }
    }

    /// An order's state; of orders that are known by now.
    mutating func stands(_ id: OrderID, _ state: OrderState) { orders[id]?.state = state }

    mutating func attempted(_ id: OrderID, made: UInt16) { orders[id]?.made = made }

    mutating func stoodInOutbox(_ id: OrderID, acceptedAtMs: Int64) { outbox[id] = acceptedAtMs }

    mutating func stoodInHeldIndex(_ id: OrderID, firstApprover: [UInt8]) {
        orders[id]?.firstApprover = firstApprover
    }

    /// The lane counter.
    mutating func counted(lane: UInt32) { highestLane = max(highestLane, lane) }

    /// A stock act that the pool remembers.
    mutating func applied(_ act: String, _ what: StockAct) { acts[act] = what }

    /// A limit or a pause that Redis keeps.
    mutating func kept(_ record: ControlRecord) { control.take(record) }

    // MARK: - Kafka

    mutating func dropped(_ records: Int) { holes += records }

    /// Claims and records of what the catalog does not know, that were counted elsewhere.
    mutating func passedOver(_ count: Int) { foreign += count }

    mutating func controlled(_ record: ControlRecord) {
        switch record {
        case .lane(let lane, _, _, _):
            recordedLane = max(recordedLane, lane)
            highestLane = max(highestLane, lane)
        case .stock(let act, let gift, let add, let units, _, _, _):
            guard let gift = catalog.gift(id: gift) else { return foreign += 1 }
            recordedActs.insert(act)
            // The first line of an act is the one that was carried out.
            if acts[act] == nil { acts[act] = StockAct(gift: gift.slot, add: add, units: units) }
        case .approval(let order, let verdict, let by, _, _):
            var word = words[order] ?? ([], false)
            switch verdict {
            case .approved: if !word.approvers.contains(by) { word.approvers.append(by) }
            case .refused: word.isRefused = true
            }
            words[order] = word
            tell(order)
        case .limit, .gate: recordedControl.take(record)
        case .epoch, .resend, .settle, .redrive, .parked, .run: break
        }
    }

    mutating func stoodInHeld(_ order: Order) {
        guard isKnown(order) else { return foreign += 1 }
        know(order) { $0.isInHeld = true }
    }

    /// A record in `orders.<game>` or `retries.<game>`.
    mutating func stoodInQueue(_ order: Order) {
        guard isKnown(order) else { return foreign += 1 }
        know(order) { known in
            known.isRecorded = true
            known.recordedAttempts = max(known.recordedAttempts, order.attempt)
            if order.isResend { known.resentAttempts = max(known.resentAttempts ?? 0, order.attempt) }
        }
    }

    mutating func cameOut(_ id: OrderID, _ outcome: Outcome, attempt: UInt16) {
        guard orders[id] != nil else {
            strangers.insert(id)
            return
        }
        orders[id]?.take(outcome, attempt: attempt)
    }

    /// How a dead record ended: it holds the order in full.
    mutating func died(_ order: Order, _ outcome: Outcome) {
        guard isKnown(order) else { return foreign += 1 }
        know(order) { $0.take(outcome, attempt: order.attempt) }
        strangers.remove(order.id)
    }

    func game(of order: Order) -> Game { catalog.games[Int(catalog.gifts[Int(order.gift)].game)] }

    // MARK: - Inside

    private func isKnown(_ order: Order) -> Bool {
        catalog.gifts.indices.contains(Int(order.gift))
            && game(of: order).regions.indices.contains(Int(order.region))
            && order.id.shard == keys.shard(user: order.user)
    }

    private mutating func know(_ order: Order, _ change: (inout RebuiltOrder) -> Void) {
        if let known = orders[order.id]?.order {
            // One order has one coupon and one holder, wherever it is told of.
            if known.coupon != order.coupon || known.user != order.user || known.gift != order.gift {
                ambiguous.insert(order.id)
            }
        } else {
            var complete = order
            complete.attempt = 0
            complete.notBeforeMs = 0
            orders[order.id] = RebuiltOrder(complete)
            highestLane = max(highestLane, order.id.lane)
            tell(order.id)
        }
        change(&orders[order.id]!)
    }

    /// Acts are read before records, and may be read before the claim is.
    private mutating func tell(_ id: OrderID) {
        guard let word = words[id] else { return }
        orders[id]?.approvers = word.approvers
        orders[id]?.isRefused = word.isRefused
    }
}
