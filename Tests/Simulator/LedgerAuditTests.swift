import Catalog
import Orders
import Testing

@testable import Simulator

@Suite struct LedgerAuditTests {
    private func order(_ number: UInt32) -> OrderID { OrderID(lane: 70_000, shard: 2, sequence: number) }

    private func accepted(
        _ number: UInt32, gift: String = "dragon-tide-chest", coupon: UInt64? = nil, status: Int = 202
    ) -> Acceptance {
        Acceptance(
            order: order(number), gift: gift, user: UInt64(number), coupon: coupon ?? UInt64(number),
            status: status, atNs: 1)
    }

    private func line(_ number: UInt32, count: Int, rejections: Int = 0) -> GrantLine {
        GrantLine(
            order: order(number), game: "dragon-tide", gift: "dragon-tide-chest", user: UInt64(number),
            requests: 1,
            count: count, rejections: rejections, grantedAtNs: 2)
    }

    private func audit(
        _ acceptances: [Acceptance], _ grants: [GrantLine], _ standings: [OrderID: String] = [:],
        over: Int = 0
    ) throws -> LedgerAudit {
        LedgerAudit(
            acceptances: acceptances, grants: grants, standings: standings,
            catalog: try FestivalCatalog.load(),
            windowsOverLimit: over)
    }

    @Test("promise 3: every accepted order is in exactly one class, and the classes add up")
    func everyClass() throws {
        let ledger = try audit(
            [1, 2, 3, 4, 5, 6].map { accepted($0) } + [accepted(1, status: 200)],
            [line(1, count: 1), line(2, count: 1), line(3, count: 0, rejections: 1)],
            [order(4): "expired", order(5): "voided", order(6): "parked"])
        #expect(ledger.accepted == 6 && ledger.grantedOnce == 2 && ledger.rejected == 1)
        #expect(ledger.expired == 1 && ledger.voided == 1 && ledger.open == 1 && ledger.lost == 0)
        #expect(ledger.addsUp && ledger.isBalanced)
    }

    @Test("promise 3: what no game has and nothing carries any more is lost, whatever the services say")
    func lost() throws {
        for standing in ["queued", "delivered", "rejected", "retrying", "outbox", nil] {
            let ledger = try audit([accepted(1)], [], standing.map { [order(1): $0] } ?? [:])
            #expect(ledger.lost == 1 && !ledger.isBalanced && !ledger.addsUp)
            #expect(ledger.lostOrders == [LedgerAudit.Lost(order: order(1), state: standing ?? "not found")])
        }
    }

    @Test("promise 4: a gift given twice is seen, promised or not")
    func grantedTwice() throws {
        #expect(try audit([accepted(1)], [line(1, count: 2)]).grantedTwice == 1)
        let stranger = try audit([], [line(1, count: 2)])
        #expect(stranger.grantedTwice == 1 && stranger.unexpected == 1 && !stranger.isBalanced)
    }

    @Test("promise 1: a coupon that gave two orders is seen")
    func spentTwice() throws {
        let ledger = try audit(
            [accepted(1, coupon: 5), accepted(2, coupon: 5)], [line(1, count: 1), line(2, count: 1)])
        #expect(ledger.spentTwice == 1 && !ledger.isBalanced)
    }

    @Test("promise 5: orders beyond the stock are counted")
    func oversold() throws {
        let gift = "lantern-festival-robe"  // 50 of them
        let acceptances = (1...53).map { accepted($0, gift: gift) }
        let ledger = try audit(acceptances, (1...53).map { line($0, count: 1) })
        #expect(ledger.oversold == 3 && !ledger.isBalanced)
        #expect(try audit(Array(acceptances.prefix(50)), (1...50).map { line($0, count: 1) }).isBalanced)
    }

    @Test("promise 6: one window over its limit unbalances the ledger")
    func windowsOver() throws {
        #expect(try !audit([accepted(1)], [line(1, count: 1)], over: 1).isBalanced)
    }

    @Test func linesOfGrantsReadBack() throws {
        var json = JSONWriterForLines()
        let lines = [line(1, count: 1), line(2, count: 0, rejections: 3)]
        for line in lines { json.add(line) }
        #expect(try GrantLine.all(json.bytes) == lines)
    }
}
