import Orders
import Testing

@testable import Simulator

/// Every statement of the delivery torture's books can be broken, and then says so.
@Suite struct DeliverAuditTests {
    /// Slots of games by kind.
    private static let (queryable, idempotent, queryOnly, neither) = (0, 1, 2, 3)

    private struct Books {
        var orders: [OrderID: DeliverFill.Accepted] = [:]
        var grants: [GrantLine] = []
        var holdings = DeliverStores.Holdings()
        var windows = [
            DeliverGames.Window(name: "carp", requests: 9, highest: 3, windowsOver: 0, highestOver: 0)
        ]
        var house = DeliverAudit.House(isDrained: true, badEnds: [], unclean: 0)

        @discardableResult
        mutating func add(
            _ game: Int, _ state: OrderState, grants count: Int, outcomes: Set<Outcome>, rejections: Int = 0,
            afterGrant: Int = 0, isMisaddressed: Bool = false, isShort: Bool = false
        ) -> OrderID {
            let id = OrderID(lane: 1, shard: 0, sequence: UInt32(orders.count))
            orders[id] = .init(
                game: game, coupon: UInt64(orders.count), isMisaddressed: isMisaddressed, isShort: isShort)
            grants.append(
                GrantLine(
                    order: id, game: DeliverCampaign.names[game], gift: "pack-\(game)", user: 1,
                    requests: count + rejections + afterGrant, count: count, afterGrant: afterGrant,
                    rejections: rejections, grantedAtNs: 1))
            let isDead = !outcomes.isDisjoint(with: [.rejected, .expired, .voided])
            holdings.facts[id] = .init(outcomes: outcomes, isDead: isDead)
            holdings.states[id] = state
            return id
        }

        /// Orders that ended as they should, one of each class.
        static var whole: Books {
            var books = Books()
            for game in 0..<4 { books.add(game, .delivered, grants: 1, outcomes: [.failed, .granted]) }
            books.add(idempotent, .delivered, grants: 1, outcomes: [.alreadyGranted], afterGrant: 2)
            books.add(
                queryable, .rejected, grants: 0, outcomes: [.rejected], rejections: 1, isMisaddressed: true)
            books.add(queryOnly, .expired, grants: 0, outcomes: [.expired], isShort: true)
            books.add(neither, .parked, grants: 1, outcomes: [.unknown, .parked])
            books.add(neither, .parked, grants: 0, outcomes: [.unknown, .parked])
            return books
        }

        var broken: [String] {
            let audit = DeliverAudit(
                orders, grants: grants, holdings: holdings, windows: windows, house: house)
            return audit.lines.filter { !$0.holds }.map(\.statement)
        }
    }

    @Test func booksThatAreRightHold() {
        #expect(Books.whole.broken == [])
    }

    private func breaks(_ words: String, _ change: (inout Books) -> Void) {
        var books = Books.whole
        change(&books)
        #expect(books.broken.contains { $0.contains(words) }, "\(words): \(books.broken)")
    }

    @Test("promise 3: an order that is open in the end, or that Redis has lost")
    func ledger() {
        for state in [OrderState.none, .queued, .inFlight, .retrying, .unknown] {
            breaks("ledger adds up") { $0.add(Self.neither, state, grants: 0, outcomes: []) }
        }
        breaks("ledger adds up") { $0.house.isDrained = false }
    }

    @Test("promise 4: granted twice, not at all, or asked for again where that grants again")
    func grants() {
        breaks("granted twice") { $0.add(Self.neither, .delivered, grants: 2, outcomes: [.granted]) }
        breaks("exactly once") { $0.add(Self.queryable, .delivered, grants: 0, outcomes: [.granted]) }
        breaks("would grant again") {
            $0.add(Self.queryOnly, .delivered, grants: 1, outcomes: [.granted], afterGrant: 1)
        }
        breaks("granted by nobody") {
            $0.add(Self.queryOnly, .expired, grants: 1, outcomes: [.expired], isShort: true)
        }
        breaks("not accepted") {
            let id = $0.add(Self.queryable, .delivered, grants: 1, outcomes: [.granted])
            $0.orders[id] = nil
        }
    }

    @Test func booksThatDiffer() {
        breaks("Kafka and Redis") { $0.add(Self.neither, .parked, grants: 1, outcomes: [.granted, .parked]) }
        breaks("Kafka and Redis") { $0.add(Self.queryable, .delivered, grants: 1, outcomes: [.failed]) }
        breaks("rejected: refused") {
            $0.add(Self.queryable, .rejected, grants: 0, outcomes: [.rejected], isMisaddressed: true)
        }
        breaks("rejected: only") {
            $0.add(Self.queryable, .rejected, grants: 0, outcomes: [.rejected], rejections: 1)
        }
        breaks("expired: only") { $0.add(Self.queryable, .expired, grants: 0, outcomes: [.expired]) }
        breaks("parked: only") { $0.add(Self.queryOnly, .parked, grants: 0, outcomes: [.parked]) }
        breaks("parked: only") { $0.add(Self.idempotent, .parked, grants: 0, outcomes: [.parked]) }
        breaks("can be read") { $0.holdings.unreadable = 1 }
    }

    @Test("promise 6: a second over limit + burst") func windows() {
        breaks("limit + burst") { $0.windows[0].windowsOver = 1 }
    }

    @Test func whatTheHouseDid() {
        breaks("verification") { $0.house.unclean = 1 }
        breaks("good order") { $0.house.badEnds = ["deliverer-0 ended with exit code 1"] }
    }
}
