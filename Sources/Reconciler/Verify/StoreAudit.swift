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
    private(set) var findings: [Finding] = []
    private(set) var stocks: [Stock] = []

    var isClean: Bool { findings.allSatisfy { $0.count == 0 } && stocks.allSatisfy(\.isExact) }

    init(
        _ book: RebuildBook, _ history: LaneHistory, epoch: UInt16,
        accounts: [(packs: StockAccount, units: StockAccount?)]
    ) {
        self.epoch = epoch
        orders = book.orders.count
        for (id, known) in book.orders {
            claims += known.isClaimed ? 1 : 0
            inOutbox += book.outbox[id] == nil ? 0 : 1
            states[known.state, default: 0] += 1
        }
        lookAtOrders(book)
        lookAtCoupons(book)
        var twins = Finding("ids", "order IDs that stand for two claims")
        for id in book.ambiguous.sorted() { twins.add(id) }
        var strangers = Finding("strangers", "outcomes of orders that no store knows")
        for id in book.strangers.sorted() { strangers.add(id) }
        var epochs = Finding("epoch", "Kafka does not know Redis's epoch")
        if history.recordedEpoch < epoch { epochs.add(1) }
        var foreign = Finding("foreign", "claims and records that the catalog does not know")
        foreign.add(book.foreign)
        findings += [twins, strangers, epochs, foreign]
        lookAtStock(book, accounts)
    }

    private mutating func lookAtOrders(_ book: RebuildBook) {
        var unrecorded = Finding("unrecorded", "claims past the outbox that no topic holds")
        var unended = Finding("unended", "orders that ended in Kafka and are open in Redis")
        var untold = Finding("untold", "orders that ended in Redis and are open in Kafka")
        var stateless = Finding("stateless", "claims without a state")
        for (id, known) in book.orders.sorted(by: { $0.key < $1.key }) {
            let isWaiting = known.state == .outbox || book.outbox[id] != nil
            if !known.isRecorded && !known.isInHeld && !isWaiting { unrecorded.add(id) }
            if known.isClaimed && known.state == .none { stateless.add(id) }
            let ended = known.isGranted ? .delivered : known.outcome?.state ?? .none
            if ended.isClosed && !known.state.isClosed { unended.add(id) }
            let isRefused = known.isRefused && known.state == .voided
            if known.state.isClosed && !ended.isClosed && !isRefused { untold.add(id) }
        }
        findings += [unrecorded, stateless, unended, untold]
    }

    private mutating func lookAtCoupons(_ book: RebuildBook) {
        var bound: [UInt64: OrderID] = [:]
        var living: [UInt64: Int] = [:]
        for (id, known) in book.orders {
            if known.isClaimed { bound[known.order.coupon] = id }
            if known.state != .voided { living[known.order.coupon, default: 0] += 1 }
        }
        var twice = Finding("twice", "orders whose coupon has another one that is not voided")
        var free = Finding("free", "orders whose coupon is not bound")
        for (id, known) in book.orders.sorted(by: { $0.key < $1.key }) {
            if known.state != .voided, living[known.order.coupon, default: 0] > 1 { twice.add(id) }
            if bound[known.order.coupon] == nil { free.add(id) }
        }
        findings += [twice, free]
    }

    private mutating func lookAtStock(
        _ book: RebuildBook, _ accounts: [(packs: StockAccount, units: StockAccount?)]
    ) {
        var packs: [UInt16: Int] = [:]
        var units: [UInt16: Int] = [:]
        for known in book.orders.values where known.isClaimed && known.state != .voided {
            packs[known.order.gift, default: 0] += 1
            units[known.order.gift, default: 0] += Int(known.order.amount)
        }
        for (gift, account) in zip(book.catalog.gifts, accounts) {
            let added = book.acts.values.filter { $0.gift == gift.slot }
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
}
