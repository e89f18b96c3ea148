import Catalog
import Credentials
import OrderStore
import Orders
import Wire

/// The closing statement of a campaign: what became of all that was claimed, and where the stock went. Pure:
/// the orders of a cut, the stock's accounts and the operators' acts go in.
///
/// **Coupons.** Red packets are won elsewhere: how many coupons were ever issued is known only to whoever
/// issued them, and is taken from outside or not told at all. Counted here are the distinct coupons that
/// stand in an order: *spent*, where one of the coupon's orders was not voided; *released*, where all were.
struct ClosingStatement: Sendable {
    struct Coupons: Equatable, Sendable {
        var spent = 0
        var released = 0
        /// As their issuer says; nil: nobody has.
        var issued: Int?

        var seen: Int { spent + released }
        /// Issued, and no order stands for them, or only voided ones.
        var unspent: Int? { issued.map { $0 - spent } }
    }

    /// A settling of unspent coupons, as `.control` tells of it.
    struct Settlement: Equatable, Sendable {
        var batch: String
        var gift: String
        var by: String
        var isDone: Bool
    }

    let catalog: Catalog
    /// Unix milliseconds: when the reading began, and when this was made.
    let cutAtMs: Int64
    let madeAtMs: Int64
    let epoch: UInt16
    /// Index: the gift's slot.
    private(set) var gifts: [ClosingFigures]
    private(set) var coupons = Coupons()
    private(set) var settlements: [Settlement] = []
    /// Acts that added stock.
    private(set) var stockActs = 0
    /// What does not add up; a statement with any is none.
    private(set) var faults: [String] = []

    /// What else is known beside the orders.
    struct Sources: Sendable {
        /// Of every gift, by slot.
        var accounts: [(packs: StockAccount, units: StockAccount?)]
        /// Of `.control`, in its order.
        var acts: [ControlRecord]
        var issuedCoupons: Int?
    }

    /// - Parameters:
    ///   - tally: of every order that is due, with its class.
    ///   - verdict: of the same cut: what the figures must come to.
    init(
        _ catalog: Catalog, _ tally: CampaignTally, verdict: Verdict, epoch: UInt16, madeAtMs: Int64,
        _ sources: Sources
    ) {
        self.catalog = catalog
        self.epoch = epoch
        self.madeAtMs = madeAtMs
        cutAtMs = verdict.atMs
        gifts = tally.gifts
        count(tally, verdict, issued: sources.issuedCoupons)
        settle(sources)
        lookAtStock(sources)
    }

    private mutating func count(_ tally: CampaignTally, _ verdict: Verdict, issued: Int?) {
        coupons = Coupons(spent: tally.spent, released: tally.seen - tally.spent, issued: issued)
        for place in OrderClass.allCases where tally.classes[place] != verdict[place] {
            faults.append(
                "\(place.rawValue): \(tally.classes[place]) counted, \(verdict[place]) judged")
        }
        let sum = total.claimed.orders
        if sum != verdict.accepted { faults.append("\(sum) orders counted, \(verdict.accepted) accepted") }
        if tally.spent != tally.living {
            faults.append("\(tally.living - tally.spent) orders stand for a coupon that has another one")
        }
        if let issued, issued < coupons.seen {
            faults.append("\(coupons.seen) coupons stand in orders, \(issued) were issued")
        }
    }

    private mutating func settle(_ sources: Sources) {
        for case .settle(let batch, let gift, let phase, let by, _, _) in sources.acts {
            if let at = settlements.firstIndex(where: { $0.batch == batch }) {
                if phase == .done { settlements[at].isDone = true }
            } else {
                settlements.append(
                    Settlement(batch: batch, gift: gift, by: by, isDone: phase == .done))
            }
        }
    }

    private mutating func lookAtStock(_ sources: Sources) {
        // The first line of an act is the one that was carried out.
        var acts: [String: (gift: String, add: Int, units: Int)] = [:]
        for case .stock(let act, let gift, let add, let units, _, _, _) in sources.acts {
            if acts[act] == nil { acts[act] = (gift, add, units) }
        }
        stockActs = acts.count
        for (gift, account) in zip(catalog.gifts, sources.accounts) {
            let added = acts.values.filter { $0.gift == gift.id }
            let slot = Int(gift.slot)
            let living = gifts[slot].claimed
            let voided = gifts[slot][.voided]
            gifts[slot].packs = ClosingStock(
                total: added.reduce(gift.stock) { $0 + $1.add }, givenOut: living.orders - voided.orders,
                left: account.packs.unissued)
            check(gifts[slot].packs, account.packs, "\(gift.id): packs")
            guard let rule = gift.amount, let units = account.units else { continue }
            let itsUnits = ClosingStock(
                total: added.reduce(rule.total) { $0 + $1.units }, givenOut: living.amount - voided.amount,
                left: units.unissued)
            gifts[slot].units = itsUnits
            check(itsUnits, units, "\(gift.id): units")
        }
    }

    private mutating func check(_ stock: ClosingStock, _ account: StockAccount, _ what: String) {
        if stock.total != account.total {
            faults.append("\(what): \(stock.total) by the files and acts, \(account.total) by Redis")
        }
        if stock.givenOut + stock.left != stock.total {
            faults.append("\(what): \(stock.givenOut) given out + \(stock.left) left is not \(stock.total)")
        }
    }

    // MARK: - Sums

    func game(_ game: Game) -> ClosingFigures {
        var sum = ClosingFigures()
        for slot in catalog.giftsByGame[Int(game.slot)] { sum.add(gifts[Int(slot)]) }
        return sum
    }

    var total: ClosingFigures {
        gifts.reduce(into: ClosingFigures()) { $0.add($1) }
    }

    /// SHA-256 of the figures, 64 hex digits: of the lines `hongbao statement v1`, campaign, cut in Unix
    /// milliseconds, `coupons spent released issued-or-minus`, then of every gift, by slot, its ID and its
    /// figures as ``ClosingCSV`` orders them, separated by blanks; each line with its line break.
    var checksum: String {
        var text = "hongbao statement v1\n\(catalog.campaign.id)\n\(cutAtMs)\n"
        text += "coupons \(coupons.spent) \(coupons.released) \(coupons.issued.map { "\($0)" } ?? "-")\n"
        for (gift, figures) in zip(catalog.gifts, gifts) {
            text += ([gift.id] + ClosingCSV.cells(figures)).joined(separator: " ") + "\n"
        }
        return String(decoding: Hex.encode(bytes: sha256(Array(text.utf8))), as: UTF8.self)
    }
}
