import Catalog
import Foundation
import OrderStore
import Orders
import Testing
import Wire

@testable import Reconciler

@Suite("The closing statement")
struct ClosingTests {
    private static var sound: ClosingWorld {
        var world = ClosingWorld()
        world.add(5, .delivered, gift: 0)
        world.add(1, .rejected, gift: 0)
        world.add(2, .voided, gift: 0)
        world.add(3, .delivered, gift: 1, atMs: (1 << 41) + 1)
        return world
    }

    @Test("every class goes into one column, and the columns make up what was claimed")
    func columns() {
        var world = ClosingWorld()
        for place in OrderClass.allCases { world.add(1, place, gift: 0, atMs: 1) }
        world.verdict = nil
        let statement = world.statement
        let total = statement.total
        #expect(total.claimed.orders == OrderClass.allCases.count)
        #expect(total.open == OrderClass.allCases.count - 4)
        #expect(total[.unresolved].orders == 6)
        // More than the gift's ten packs, so that the stock tells; nothing else is wrong.
        #expect(statement.faults.allSatisfy { $0.contains("packs") })
    }

    @Test("a sound campaign adds up: claimed, stock, coupons, settled")
    func sound() throws {
        let statement = try Self.sound.statement.checked()
        let hello = statement.gifts[0]
        #expect(hello.claimed.orders == 8 && hello[.voided].orders == 2)
        #expect(hello.packs == ClosingStock(total: 10, givenOut: 6, left: 4))
        #expect(statement.gifts[1].settled.orders == 3)
        #expect(statement.coupons == .init(spent: 9, released: 2, issued: nil))
        #expect(statement.coupons.unspent == nil)
        #expect(statement.total.packs == ClosingStock(total: 20, givenOut: 9, left: 11))
        #expect(statement.game(statement.catalog.games[1]) == statement.gifts[1])
    }

    @Test("what does not add up is named, each by its figure")
    func faults() {
        func faults(_ change: (inout ClosingWorld) -> Void) -> [String] {
            var world = Self.sound
            change(&world)
            return world.statement.faults
        }
        #expect(faults { _ in } == [])
        #expect(faults { $0.lost = [1: 2] } == ["lamp: packs: 3 given out + 5 left is not 10"])
        #expect(faults { $0.issued = 10 } == ["11 coupons stand in orders, 10 were issued"])
        #expect(faults { $0.issued = 11 } == [])
        let twice = faults { $0.orders[1].0.coupon = $0.orders[0].0.coupon }
        #expect(twice == ["1 orders stand for a coupon that has another one"])
        let verdict = faults { world in
            var other = Verdict(atMs: 5_000, games: 2)
            for (order, place) in world.orders.dropLast() {
                other.count(place, game: world.catalog.gifts[Int(order.gift)].game)
            }
            world.verdict = other
        }
        #expect(verdict == ["delivered: 8 counted, 7 judged", "11 orders counted, 10 accepted"])
        #expect(throws: ReconcilerFault.self) {
            var world = Self.sound
            world.lost = [0: 1]
            _ = try world.statement.checked()
        }
    }

    @Test("stock that was added counts once for each act; a voided coupon that came again is spent")
    func additions() throws {
        var world = Self.sound
        let act = ControlRecord.stock(
            act: "a1", gift: "hello", add: 7, units: 0, by: "ann", reason: "more", atMs: 1)
        world.acts = [act]
        var statement = try world.statement.checked()
        #expect(statement.gifts[0].packs.total == 17 && statement.stockActs == 1)
        world.orders[7].0.coupon = world.orders[0].0.coupon
        world.issued = 100
        statement = try world.statement.checked()
        #expect(statement.coupons == .init(spent: 9, released: 1, issued: 100))
        #expect(statement.coupons.unspent == 91)
    }

    @Test("the checksum follows every figure, and not the order of the orders")
    func checksum() {
        let sum = Self.sound.statement.checksum
        var shuffled = Self.sound
        shuffled.orders.reverse()
        #expect(shuffled.statement.checksum == sum && sum.count == 64)
        for change in 0..<4 {
            var world = Self.sound
            switch change {
            case 0: world.orders[0].1 = .expired
            case 1: world.orders[0].0.amount = 2
            case 2: world.issued = 50
            default: world.orders[8].0.claimedAtMs = 5
            }
            #expect(world.statement.checksum != sum, "change \(change)")
        }
    }

    @Test("JSON, CSV and the page tell the same figures")
    func forms() throws {
        let statement = Self.sound.statement
        guard case .object(let json) = try JSON.parse(statement.json(), limits: .document),
            case .object(let total)? = json["total"], case .object(let delivered)? = total["delivered"]
        else {
            Issue.record("no JSON object")
            return
        }
        #expect(delivered["orders"] == .integer(8))
        #expect(json["checksum"] == .string(statement.checksum))
        let csv = String(decoding: ClosingCSV(statement: statement).encode(), as: UTF8.self)
        let lines = csv.split(separator: "\r\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(lines.count == 1 + 2 + 2 + 1)
        #expect(Set(lines.map(\.count)).count == 1)
        #expect(lines.last?[7] == "11")
        let page = String(decoding: ClosingPage(statement).encode(), as: UTF8.self)
        #expect(page.contains(statement.checksum) && page.contains("@media print"))
    }

    @Test("many gifts have landscape pages of their own, which say what they belong to")
    func annex() {
        var world = Self.sound
        let small = String(decoding: ClosingPage(world.statement).encode(), as: UTF8.self)
        #expect(!small.contains("class=\"figures annex\""))
        world.catalog = ReconcilerFixture.catalog.repeating(6)
        let statement = world.statement
        let page = String(decoding: ClosingPage(statement).encode(), as: UTF8.self)
        let parts = page.components(separatedBy: "<section class=\"figures annex\">")
        #expect(parts.count == 2)
        #expect(parts[0].contains("@page annex { size: A4 landscape;") && parts[0].contains("page: annex;"))
        // The gifts stand in the annex alone, the checksum on both.
        #expect(!parts[0].contains("<tr class=\"gift\">"))
        #expect(parts.last?.components(separatedBy: "<tr class=\"gift\">").count == 13)
        #expect(parts.allSatisfy { $0.contains(statement.checksum) })
    }

    @Test("no text of the catalog can become markup, a script or a formula")
    func hostile() {
        let evil = #"<script>alert(1)</script>"&'><svg onload=x>"#
        var world = Self.sound
        world.catalog = ReconcilerFixture.catalog.titled(LocalizedText(en: "=1+1,\"x\"", zh: evil))
        let statement = world.statement
        let page = String(decoding: ClosingPage(statement).encode(), as: UTF8.self)
        #expect(!page.contains("<script") && !page.contains("<svg onload") && page.contains("&lt;script&gt;"))
        for outside in ["http://", "https://", "src=", "@import", "href="] {
            #expect(!page.contains(outside), "\(outside)")
        }
        #expect(ClosingCSV.cell("=1+1,\"x\"") == "\"'=1+1,\"\"x\"\"\"")
        #expect(ClosingCSV.cell("-5") == "-5" && ClosingCSV.cell("@x") == "'@x")
        #expect(HTMLText.escape("a\u{0}b\nc") == "a\u{FFFD}b c")
    }

    @Test("numbers are grouped; a share is 100 % only of all")
    func numbers() {
        #expect(HTMLText.number(0) == "0" && HTMLText.number(999) == "999")
        #expect(HTMLText.number(1_000) == "1,000" && HTMLText.number(-1_234_567) == "−1,234,567")
        #expect(HTMLText.percent(99_999, of: 100_000) == "99.99 %")
        #expect(HTMLText.percent(5, of: 5) == "100.00 %" && HTMLText.percent(0, of: 0) == "–")
        #expect(HTMLText.percent(5, of: 10_000) == "0.05 %")
    }
}

extension Catalog {
    /// The same with its gifts so many times.
    fileprivate func repeating(_ times: Int) -> Catalog {
        let many = (0..<times * gifts.count).map { slot in
            let gift = gifts[slot % gifts.count]
            return Gift(
                id: "\(gift.id)-\(slot)", slot: UInt16(slot), game: gift.game, title: gift.title,
                image: gift.image, audience: gift.audience, stock: gift.stock, items: gift.items,
                highValue: false, features: gift.features, popularity: 0, freshAtMs: 0)
        }
        return Catalog(campaign: campaign, games: games, gifts: many, contentHash: contentHash)
    }

    /// The same with another title everywhere.
    fileprivate func titled(_ title: LocalizedText) -> Catalog {
        let c = campaign
        return Catalog(
            campaign: Campaign(
                id: c.id, title: title, opensAtMs: c.opensAtMs, closesAtMs: c.closesAtMs,
                endsAtMs: c.endsAtMs, couponKinds: c.couponKinds, totalLimit: c.totalLimit,
                deliveryWindowMs: c.deliveryWindowMs, storage: c.storage, ranking: c.ranking),
            games: games,
            gifts: gifts.map { gift in
                Gift(
                    id: gift.id, slot: gift.slot, game: gift.game, title: title, image: gift.image,
                    audience: gift.audience, stock: gift.stock, items: gift.items, highValue: false,
                    features: gift.features, popularity: 0, freshAtMs: 0)
            }, contentHash: contentHash)
    }
}
