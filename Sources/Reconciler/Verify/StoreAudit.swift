import Catalog
import OrderLog
import OrderStore
import Orders

/// Whether the two stores agree on every order, and the orders with the stock. Pure: facts in, findings out.
///
/// Read while the campaign goes on, some counts are of orders on their way; once it has drained all faults
/// must be 0.
struct StoreAudit: Sendable {
    /// One thing that must not be; `orders` are examples.
    struct Finding: Equatable, Sendable {
        let name: String
        let meaning: String
        private(set) var count = 0
        private(set) var orders: [OrderID] = []

        /// Orders that are named.
        static let maxNamed = 20

        init(_ name: String, _ meaning: String) {
            self.name = name
            self.meaning = meaning
        }

        mutating func add(_ id: OrderID) {
            count += 1
            if orders.count < Self.maxNamed { orders.append(id) }
        }

        mutating func add(_ many: Int) { count += many }
    }

    /// A gift pack's stock, packs or units: what the stores count, and what the orders add up to.
    struct Stock: Equatable, Sendable {
        var gift: String
        var isUnits: Bool
        /// By the catalog and the acts that added to it.
        var expected: Int
        var account: StockAccount
        /// By the orders.
        var issued: Int

        /// 0 when issued + left = stock.
        var difference: Int { expected - issued - account.unissued }
        var isExact: Bool { difference == 0 && account.total == expected }
    }

    let epoch: UInt16
    private(set) var orders = 0
    private(set) var claims = 0
    private(set) var inOutbox = 0
    private(set) var states: [OrderState: Int] = [:]
    private(set) var stocks: [Stock] = []
    private(set) var findings: [Finding] = [
        Finding("unrecorded", "claims past the outbox that no topic holds"),
        Finding("stateless", "claims without a state"),
        Finding("unended", "orders that ended in Kafka and are open in Redis"),
        Finding("untold", "orders that ended in Redis and are open in Kafka"),
        Finding("twice", "orders whose coupon has another one that is not voided"),
        Finding("free", "orders whose coupon is not bound"),
        Finding("ids", "order IDs that stand for two claims"),
        Finding("strangers", "outcomes of orders that no store knows"),
        Finding("epoch", "Kafka does not know Redis's epoch"),
        Finding("foreign", "claims and records that the catalog does not know"),
    ]
    /// By gift.
    private var packs: [UInt16: Int] = [:]
    private var units: [UInt16: Int] = [:]

    var isClean: Bool { findings.allSatisfy { $0.count == 0 } && stocks.allSatisfy(\.isExact) }

    /// Nothing has been looked at yet.
    init(epoch: UInt16) { self.epoch = epoch }

    /// Looks at everything at once.
    init(
        _ book: RebuildBook, _ history: LaneHistory, epoch: UInt16,
        accounts: [(packs: StockAccount, units: StockAccount?)]
    ) {
        self.init(epoch: epoch)
        add(book)
        end(book.ofNoOrders, history, accounts)
    }

    private mutating func found(_ name: String, _ id: OrderID) {
        guard let at = findings.firstIndex(where: { $0.name == name }) else {
            preconditionFailure("there is no finding \(name)")
        }
        findings[at].add(id)
    }

    private mutating func found(_ name: String, _ count: Int) {
        guard let at = findings.firstIndex(where: { $0.name == name }) else {
            preconditionFailure("there is no finding \(name)")
        }
        findings[at].add(count)
    }

    /// Looks at the orders of some shards.
    mutating func add(_ book: RebuildBook) {
        book.orders.each { id, known in
            orders += 1
            claims += known.isClaimed ? 1 : 0
            inOutbox += book.outbox[id] == nil ? 0 : 1
            states[known.state, default: 0] += 1
            look(at: id, known, isInOutbox: book.outbox[id] != nil)
            guard known.isClaimed, known.state != .voided else { return }
            packs[known.order.gift, default: 0] += 1
            units[known.order.gift, default: 0] += Int(known.order.amount)
        }
        lookAtCoupons(book)
        for id in book.ambiguous.sorted() { found("ids", id) }
        for id in book.strangers.sorted() { found("strangers", id) }
        found("foreign", book.foreign)
    }

    /// Looks at what concerns the campaign as a whole.
    ///
    /// - Parameter campaign: its orders are not looked at.
    mutating func end(
        _ campaign: RebuildBook, _ history: LaneHistory,
        _ accounts: [(packs: StockAccount, units: StockAccount?)]
    ) {
        if history.recordedEpoch < epoch { found("epoch", 1) }
        found("foreign", campaign.foreign)
        for (gift, account) in zip(campaign.catalog.gifts, accounts) {
            let added = campaign.acts.values.filter { $0.gift == gift.slot }
            stocks.append(
                Stock(
                    gift: gift.id, isUnits: false, expected: added.reduce(gift.stock) { $0 + $1.add },
                    account: account.packs, issued: packs[gift.slot] ?? 0))
            guard let rule = gift.amount, let itsUnits = account.units else { continue }
            stocks.append(
                Stock(
                    gift: gift.id, isUnits: true, expected: added.reduce(rule.total) { $0 + $1.units },
                    account: itsUnits, issued: units[gift.slot] ?? 0))
        }
    }

    private mutating func look(at id: OrderID, _ known: RebuiltOrder, isInOutbox: Bool) {
        let isWaiting = known.state == .outbox || isInOutbox
        if !known.isRecorded && !known.isInHeld && !isWaiting { found("unrecorded", id) }
        if known.isClaimed && known.state == .none { found("stateless", id) }
        let ended = known.isGranted ? .delivered : known.outcome?.state ?? .none
        if ended.isClosed && !known.state.isClosed { found("unended", id) }
        let isRefused = known.isRefused && known.state == .voided
        if known.state.isClosed && !ended.isClosed && !isRefused { found("untold", id) }
    }

    /// A coupon's orders are of one shard.
    private mutating func lookAtCoupons(_ book: RebuildBook) {
        var bound: Set<UInt64> = []
        var living: [UInt64: Int] = [:]
        book.orders.each { _, known in
            if known.isClaimed { bound.insert(known.order.coupon) }
            if known.state != .voided { living[known.order.coupon, default: 0] += 1 }
        }
        book.orders.each { id, known in
            if known.state != .voided, living[known.order.coupon, default: 0] > 1 { found("twice", id) }
            if !bound.contains(known.order.coupon) { found("free", id) }
        }
    }
}
