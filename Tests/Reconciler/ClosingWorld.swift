import Catalog
import OrderStore
import Orders

@testable import Reconciler

/// Orders with their classes, and the stock that goes with them: what a closing statement is made of.
struct ClosingWorld {
    var catalog = ReconcilerFixture.catalog
    var orders: [(Order, OrderClass)] = []
    var acts: [ControlRecord] = []
    var issued: Int?
    /// Packs that went nowhere, by gift slot.
    var lost: [UInt16: Int] = [:]
    var verdict: Verdict?

    /// Orders of a gift, each with a coupon of its own.
    mutating func add(
        _ count: Int, _ place: OrderClass, gift: UInt16, amount: UInt32 = 1, atMs: Int64 = 1_000
    ) {
        for _ in 0..<count {
            var order = ReconcilerFixture.order(UInt64(orders.count), game: gift, claimedAtMs: atMs)
            order.amount = amount
            orders.append((order, place))
        }
    }

    private var judged: Verdict {
        var verdict = Verdict(atMs: 5_000, games: catalog.games.count)
        for (order, place) in orders {
            verdict.count(place, game: catalog.gifts[Int(order.gift)].game)
        }
        return verdict
    }

    private func account(_ gift: Gift) -> (packs: StockAccount, units: StockAccount?) {
        var packs = StockAccount()
        var units = StockAccount()
        for case .stock(_, let id, let add, let more, _, _, _) in acts where id == gift.id {
            packs.total += add
            units.total += more
        }
        packs.total += gift.stock
        units.total += gift.amount?.total ?? 0
        let living = orders.filter { $0.0.gift == gift.slot && $0.1 != .voided }
        packs.left = packs.total - living.count - (lost[gift.slot] ?? 0)
        units.left = units.total - living.reduce(0) { $0 + Int($1.0.amount) }
        return (packs, gift.amount == nil ? nil : units)
    }

    var statement: ClosingStatement {
        var tally = CampaignTally(catalog)
        for (order, place) in orders { tally.take(order, place) }
        tally.end()
        return ClosingStatement(
            catalog, tally, verdict: verdict ?? judged, epoch: 1, madeAtMs: 9_000,
            .init(accounts: catalog.gifts.map(account), acts: acts, issuedCoupons: issued))
    }
}
