import Catalog
import Orders

/// The ledger as seen from outside: what clients were promised, against what games gave. The services are not
/// asked, except through a client that looks up an order that no game knows of.
struct LedgerAudit: Sendable, Equatable {
    /// Distinct orders that clients got in a 202 or 200.
    private(set) var accepted = 0
    private(set) var grantedOnce = 0
    private(set) var grantedTwice = 0
    /// Refused for good by the game, and never granted.
    private(set) var rejected = 0
    private(set) var expired = 0
    private(set) var voided = 0
    /// Waits for a person: held or parked.
    private(set) var open = 0
    /// Accepted, and neither granted nor any of the others, although nothing is on its way any more.
    private(set) var lost = 0
    /// Packs accepted beyond the stock.
    private(set) var oversold = 0
    /// Granted, and promised to nobody.
    private(set) var unexpected = 0
    /// Coupons that gave more than one order.
    private(set) var spentTwice = 0
    /// Windows of one second in which a receiver saw more than limit + burst.
    let windowsOverLimit: Int
    /// The lost ones, at most 100, with the state in which their owner sees them; for the report.
    private(set) var lostOrders: [Lost] = []

    struct Lost: Sendable, Equatable {
        let order: OrderID
        let state: String
    }

    static let maxLostShown = 100

    /// The equation: accepted = granted once + granted twice + rejected + expired + voided + open.
    var addsUp: Bool { accepted == grantedOnce + grantedTwice + rejected + expired + voided + open }

    /// Whether everything is as promised.
    var isBalanced: Bool {
        addsUp && lost == 0 && grantedTwice == 0 && oversold == 0 && unexpected == 0 && spentTwice == 0
            && windowsOverLimit == 0
    }

    /// - Parameters:
    ///   - acceptances: repeats of the same order count once.
    ///   - standings: what a client read of those orders that no game has granted or rejected.
    init(
        acceptances: [Acceptance], grants: [GrantLine], standings: [OrderID: String], catalog: Catalog,
        windowsOverLimit: Int
    ) {
        self.windowsOverLimit = windowsOverLimit
        var games: [OrderID: GrantLine] = [:]
        for line in grants { games[line.order] = line }
        var promised: [OrderID: Acceptance] = [:]
        for acceptance in acceptances where promised[acceptance.order] == nil {
            promised[acceptance.order] = acceptance
        }
        accepted = promised.count
        for (order, _) in promised.sorted(by: { $0.key < $1.key }) {
            classify(order, games[order], standings[order])
        }
        unexpected = grants.count { $0.count > 0 && promised[$0.order] == nil }
        grantedTwice += grants.count { $0.count > 1 && promised[$0.order] == nil }
        let coupons = Dictionary(grouping: promised.values, by: \.coupon)
        spentTwice = coupons.values.count { $0.count > 1 }
        let byGift = Dictionary(grouping: promised.values, by: \.gift)
        for gift in catalog.gifts { oversold += max(0, (byGift[gift.id]?.count ?? 0) - gift.stock) }
    }

    private mutating func classify(_ order: OrderID, _ game: GrantLine?, _ standing: String?) {
        switch (game?.count ?? 0, game?.rejections ?? 0) {
        case (1, _): grantedOnce += 1
        case (2..., _): grantedTwice += 1
        case (_, 1...): rejected += 1
        default:
            switch standing {
            case OrderState.expired.name: expired += 1
            case OrderState.voided.name: voided += 1
            case OrderState.held.name, OrderState.parked.name: open += 1
            default:
                lost += 1
                if lostOrders.count < Self.maxLostShown {
                    lostOrders.append(Lost(order: order, state: standing ?? "not found"))
                }
            }
        }
    }
}
