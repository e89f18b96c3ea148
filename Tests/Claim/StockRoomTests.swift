import OrderStore
import Testing

@testable import Claim

@Suite("The stock room")
struct StockRoomTests {
    private typealias Room = StockRoom<Int>

    private func room(shards: Int = 4) -> Room { Room(shards: shards, soldOutNs: 1_000) }

    private func drawn(_ ever: Int, left: Int = 0, version: Int = 1) -> DrawnStock {
        DrawnStock(drawnEver: ever, left: left, version: version)
    }

    /// Lets one claim look for stock, up to the draw.
    private func draw(
        _ room: inout Room, _ item: Int = 1, gift: UInt16 = 0, shard: UInt16 = 0
    ) throws -> Room.Draw {
        room.wait(item, coupon: UInt64(item), gift: gift, shard: shard)
        return try #require(room.step(gift: gift, shard: shard, nowNs: 0).draw)
    }

    /// The same, up to the recall behind a draw of nothing.
    private func recall(
        _ room: inout Room, _ item: Int = 1, gift: UInt16 = 0, shard: UInt16 = 0
    ) throws -> Room.Recall {
        let draw = try draw(&room, item, gift: gift, shard: shard)
        return try #require(room.drew(draw, drawn(0)).recall)
    }

    @Test("one draw for all who wait; two claims of one coupon want one pack")
    func oneDraw() throws {
        var room = room()
        room.wait(1, coupon: 10, gift: 2, shard: 3)
        room.wait(2, coupon: 10, gift: 2, shard: 3)
        room.wait(3, coupon: 11, gift: 2, shard: 3)
        let draw = try #require(room.step(gift: 2, shard: 3, nowNs: 0).draw)
        #expect(draw.wanted == 2 && draw.creditedEver == 0)
        room.wait(4, coupon: 12, gift: 2, shard: 3)
        #expect(room.step(gift: 2, shard: 3, nowNs: 0).isNothing, "one draw at a time")
        #expect(room.drew(draw, drawn(2)).again == [1, 2, 3, 4])
        #expect(room.credits(shard: 3) == [StockCredit(gift: 2, drawnEver: 2)])
        #expect(room.credits(shard: 2).isEmpty)
    }

    @Test("a credit is told until the script has answered")
    func credits() throws {
        var room = room()
        let first = try draw(&room)
        let amounts = DrawnStock(
            drawnEver: 2, left: 0, version: 1, from: 0, amounts: Array(repeating: 1, count: 8))
        _ = room.drew(first, amounts)
        let told = room.credits(shard: 0)
        #expect(told == [StockCredit(gift: 0, from: 0, drawnEver: 2, amounts: amounts.amounts)])
        #expect(room.credits(shard: 0) == told)
        // Word from a batch that left before the draw: try again with it rather than draw again.
        room.wait(2, coupon: 2, gift: 0, shard: 0)
        #expect(room.step(gift: 0, shard: 0, nowNs: 0).again == [2])
        room.credited(shard: 0, told)
        #expect(room.credits(shard: 0).isEmpty)
        #expect(try draw(&room, 3).creditedEver == 2)
    }

    @Test("an empty pool is not sold out: the shards are asked first, once for everybody")
    func recalls() throws {
        var room = room()
        let here = try draw(&room, 1, shard: 0)
        let there = try draw(&room, 2, shard: 3)
        let recall = try #require(room.drew(here, drawn(0)).recall)
        #expect(recall.gift == 0 && recall.shard == 0 && recall.wanted == 1)
        #expect(room.drew(there, drawn(0)).isNothing, "a recall is under way")
        room.wait(3, coupon: 3, gift: 0, shard: 0)
        #expect(room.step(gift: 0, shard: 0, nowNs: 0).isNothing)
        #expect(!room.isSoldOut(gift: 0, nowNs: 0))
        let steps = room.recalled(recall, RecalledStock(packs: 5, left: 0, version: 1), nowNs: 0)
        #expect(steps.map(\.shard) == [0, 3])
        #expect(steps[0].step.draw?.wanted == 2 && steps[1].step.draw?.wanted == 1)
    }

    @Test("sold out: known for the gift in every shard, until the pool's version grows")
    func soldOut() throws {
        var room = room()
        let recall = try recall(&room)
        let steps = room.recalled(recall, RecalledStock(packs: 0, left: 0, version: 7), nowNs: 500)
        #expect(steps.map(\.step.soldOut) == [[1]])
        #expect(room.isSoldOut(gift: 0, nowNs: 1_499) && !room.isSoldOut(gift: 0, nowNs: 1_500))
        #expect(!room.isSoldOut(gift: 1, nowNs: 600))
        room.wait(2, coupon: 2, gift: 0, shard: 2)
        #expect(room.step(gift: 0, shard: 2, nowNs: 600).soldOut == [2], "without a draw")
        room.see(version: 7)
        #expect(room.isSoldOut(gift: 0, nowNs: 600) && room.soldOutCount == 1)
        room.see(version: 8)
        #expect(!room.isSoldOut(gift: 0, nowNs: 600) && room.soldOutCount == 0)
        room.wait(3, coupon: 3, gift: 0, shard: 2)
        #expect(room.step(gift: 0, shard: 2, nowNs: 600).draw != nil)
    }

    @Test("another gift's draw that sees a newer version ends sold out as well")
    func versionOfDraw() throws {
        var room = room()
        let recall = try recall(&room)
        _ = room.recalled(recall, RecalledStock(packs: 0, left: 0, version: 1), nowNs: 0)
        _ = room.drew(try draw(&room, 2, gift: 1), drawn(3, left: 9, version: 2))
        #expect(!room.isSoldOut(gift: 0, nowNs: 0))
    }

    @Test("where others are quicker each time the person is told to repeat, not that it is sold out")
    func busy() throws {
        var room = room()
        var draw = try draw(&room)
        for _ in 0..<Room.maxMisses {
            let recall = try #require(room.drew(draw, drawn(0)).recall)
            let steps = room.recalled(recall, RecalledStock(packs: 1, left: 0, version: 1), nowNs: 0)
            draw = try #require(steps.first?.step.draw)
        }
        #expect(room.drew(draw, drawn(0)).busy == [1])
        #expect(!room.isSoldOut(gift: 0, nowNs: 0))
    }

    @Test("a draw or a recall without an answer: who waits is let go, the next finds what it did")
    func lost() throws {
        var room = room()
        let first = try draw(&room)
        #expect(room.drawFailed(first) == [1])
        #expect(try draw(&room, 2).creditedEver == 0)
        room = self.room()
        let recall = try recall(&room, 1, shard: 1)
        #expect(room.recallFailed(recall) == [1])
        _ = try self.recall(&room, 2, shard: 1)
    }

    @Test("a rebuilt Redis: what was told to the last one does not count, nor what it answers late")
    func forgets() throws {
        var room = room()
        _ = room.drew(try draw(&room), drawn(7))
        room.credited(shard: 0, room.credits(shard: 0))
        let late = try draw(&room, 2)
        #expect(late.creditedEver == 7)
        room.forgetCredits()
        room.wait(3, coupon: 3, gift: 0, shard: 0)
        let fresh = try #require(room.step(gift: 0, shard: 0, nowNs: 0).draw)
        #expect(fresh.creditedEver == 0)
        #expect(room.drew(late, drawn(9)).isNothing, "the draw of the new run is under way")
        #expect(room.drawFailed(late).isEmpty)
        #expect(room.drew(fresh, drawn(4)).again == [2, 3])
        #expect(room.credits(shard: 0) == [StockCredit(gift: 0, drawnEver: 4)])
    }

    @Test("a rebuilt Redis: who waits behind a draw or a recall of the last one begins anew")
    func forgetsWaiting() throws {
        var room = room()
        let draw = try draw(&room, 1, shard: 1)
        let recall = try recall(&room, 2, gift: 1, shard: 2)
        room.forgetCredits()
        #expect(room.drew(draw, drawn(0)).again == [1])
        let steps = room.recalled(recall, RecalledStock(packs: 0, left: 0, version: 1), nowNs: 0)
        #expect(steps.first?.step.draw?.gift == 1)
        #expect(!room.isSoldOut(gift: 1, nowNs: 0), "that was another pool")
    }

    @Test("everybody who waits is given back when the loop stops claiming")
    func releases() throws {
        var room = room()
        _ = try draw(&room, 1, shard: 0)
        _ = try recall(&room, 2, gift: 1, shard: 1)
        #expect(room.releaseAll().sorted() == [1, 2])
        #expect(room.releaseAll().isEmpty)
    }
}

extension StockRoom.Step {
    var draw: StockRoom.Draw? { if case .draw(let draw) = self { draw } else { nil } }
    var recall: StockRoom.Recall? { if case .recall(let recall) = self { recall } else { nil } }
    var again: [Item]? { if case .again(let items) = self { items } else { nil } }
    var soldOut: [Item]? { if case .soldOut(let items) = self { items } else { nil } }
    var busy: [Item]? { if case .busy(let items) = self { items } else { nil } }
    var isNothing: Bool { if case .nothing = self { true } else { false } }
}
