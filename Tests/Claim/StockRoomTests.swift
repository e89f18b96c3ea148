import OrderStore
import Testing
import Wire

@testable import Claim

@Suite("The stock room")
struct StockRoomTests {
    private func room(shards: Int = 4) -> StockRoom<Int> { StockRoom(shards: shards, soldOutNs: 1_000) }

    private func draw(_ step: StockRoom<Int>.Step) -> StockRoom<Int>.Draw? {
        if case .draw(let draw) = step { draw } else { nil }
    }

    private func again(_ drawn: StockRoom<Int>.Drawn) -> [Int]? {
        if case .again(let items) = drawn { items } else { nil }
    }

    private func soldOut(_ drawn: StockRoom<Int>.Drawn) -> [Int]? {
        if case .soldOut(let items) = drawn { items } else { nil }
    }

    @Test("what is wanted shrinks to the demand as the pool empties")
    func wanted() {
        #expect(StockRoom<Int>.wanted(demand: 3, stock: 100_000, shards: 16, drawnEver: 0) == 3 + 97)
        #expect(StockRoom<Int>.wanted(demand: 3, stock: 100_000, shards: 16, drawnEver: 6_000) == 3 + 3)
        #expect(StockRoom<Int>.wanted(demand: 3, stock: 100_000, shards: 16, drawnEver: 6_250) == 3)
        #expect(StockRoom<Int>.wanted(demand: 3, stock: 100, shards: 16, drawnEver: 0) == 3)
        #expect(StockRoom<Int>.wanted(demand: 1, stock: 10_000_000, shards: 1, drawnEver: 0) == 257)
    }

    @Test("one draw for all who wait; two claims of one coupon want one pack")
    func oneDraw() throws {
        var room = room()
        room.wait(1, coupon: 10, gift: 2, shard: 3)
        room.wait(2, coupon: 10, gift: 2, shard: 3)
        room.wait(3, coupon: 11, gift: 2, shard: 3)
        let first = draw(room.step(gift: 2, shard: 3, stock: 10, nowNs: 0))
        let draw = try #require(first)
        #expect(draw.wanted == 2 && draw.creditedEver == 0)
        room.wait(4, coupon: 12, gift: 2, shard: 3)
        if case .nothing = room.step(gift: 2, shard: 3, stock: 10, nowNs: 0) {
        } else {
            Issue.record("two draws")
        }
        #expect(again(room.drew(gift: 2, shard: 3, drawnEver: 2, nowNs: 0)) == [1, 2, 3, 4])
        #expect(room.credits(shard: 3).map(\.drawnEver) == [2])
        #expect(room.credits(shard: 2).isEmpty)
    }

    @Test("a credit is told until the script has answered")
    func credits() throws {
        var room = room()
        room.wait(1, coupon: 1, gift: 0, shard: 0)
        _ = room.step(gift: 0, shard: 0, stock: 10, nowNs: 0)
        _ = room.drew(gift: 0, shard: 0, drawnEver: 5, nowNs: 0)
        let told = room.credits(shard: 0)
        #expect(room.credits(shard: 0).count == 1)
        // Word from a batch that left before the draw: try again with it rather than draw again.
        room.wait(2, coupon: 2, gift: 0, shard: 0)
        guard case .again(let items) = room.step(gift: 0, shard: 0, stock: 10, nowNs: 0) else {
            Issue.record("a second draw before the credit was told")
            return
        }
        #expect(items == [2])
        room.credited(shard: 0, told)
        #expect(room.credits(shard: 0).isEmpty)
        room.wait(3, coupon: 3, gift: 0, shard: 0)
        let step = draw(room.step(gift: 0, shard: 0, stock: 10, nowNs: 0))
        let next = try #require(step)
        #expect(next.creditedEver == 5)
    }

    @Test("sold out is remembered for a while, in that shard")
    func remembered() {
        var room = room()
        room.wait(1, coupon: 1, gift: 0, shard: 0)
        _ = room.step(gift: 0, shard: 0, stock: 10, nowNs: 0)
        #expect(soldOut(room.drew(gift: 0, shard: 0, drawnEver: 0, nowNs: 500)) == [1])
        #expect(room.isSoldOut(gift: 0, shard: 0, nowNs: 1_499))
        #expect(!room.isSoldOut(gift: 0, shard: 0, nowNs: 1_500))
        #expect(
            !room.isSoldOut(gift: 0, shard: 1, nowNs: 600) && !room.isSoldOut(gift: 1, shard: 0, nowNs: 600))
        room.wait(2, coupon: 2, gift: 0, shard: 0)
        if case .soldOut(let items) = room.step(gift: 0, shard: 0, stock: 10, nowNs: 600) {
            #expect(items == [2])
        } else {
            Issue.record("a draw that cannot yield anything")
        }
    }

    @Test("a draw without an answer: who waits is let go, the next draw finds what it did")
    func lost() throws {
        var room = room()
        room.wait(1, coupon: 1, gift: 0, shard: 0)
        _ = room.step(gift: 0, shard: 0, stock: 10, nowNs: 0)
        #expect(room.drawFailed(gift: 0, shard: 0) == [1])
        room.wait(2, coupon: 2, gift: 0, shard: 0)
        let step = draw(room.step(gift: 0, shard: 0, stock: 10, nowNs: 0))
        let next = try #require(step)
        #expect(next.creditedEver == 0)
    }

    @Test("another run of Redis: what was told to the last one does not count")
    func newRun() throws {
        var room = room()
        room.wait(1, coupon: 1, gift: 0, shard: 0)
        _ = room.step(gift: 0, shard: 0, stock: 10, nowNs: 0)
        _ = room.drew(gift: 0, shard: 0, drawnEver: 7, nowNs: 0)
        room.credited(shard: 0, room.credits(shard: 0))
        room.forgetCredits()
        room.wait(2, coupon: 2, gift: 0, shard: 0)
        let step = draw(room.step(gift: 0, shard: 0, stock: 10, nowNs: 0))
        #expect(step?.creditedEver == 0)
    }

    /// The pool and the shards as the scripts keep them.
    private struct Store {
        var left: Int
        var drawn: [UInt16: Int] = [:]
        var credited: [UInt16: Int] = [:]
        var atHand: [UInt16: Int] = [:]
        var issued = 0

        mutating func draw(_ draw: StockRoom<Int>.Draw) -> Int {
            let ever = drawn[draw.shard, default: 0]
            if ever > draw.creditedEver { return ever }
            let take = min(left, draw.wanted)
            left -= take
            drawn[draw.shard] = ever + take
            return ever + take
        }

        mutating func credit(_ credits: [StockCredit], shard: UInt16) {
            for credit in credits where credit.drawnEver > credited[shard, default: 0] {
                atHand[shard, default: 0] += credit.drawnEver - credited[shard, default: 0]
                credited[shard] = credit.drawnEver
            }
        }

        mutating func take(shard: UInt16) -> Bool {
            guard atHand[shard, default: 0] > 0 else { return false }
            atHand[shard, default: 0] -= 1
            issued += 1
            return true
        }
    }

    @Test("promise 5: whatever is lost on the way, what is issued, at hand, on the way and left is the stock")
    func conserved() {
        var random = SplitMix64(seed: 0x57_0C4)
        for stock in [0, 1, 7, 100, 5_000] {
            var store = Store(left: stock)
            // Two processes sell from the same shards.
            var rooms = [room(), room()]
            for coupon in 0..<UInt64(stock * 2 + 200) {
                let shard = UInt16.random(in: 0..<4, using: &random)
                let at = Int.random(in: 0..<2, using: &random)
                Self.claim(coupon, shard, stock, &rooms[at], &store, &random)
                let onTheWay = (0..<4).reduce(0) {
                    $0 + store.drawn[UInt16($1), default: 0] - store.credited[UInt16($1), default: 0]
                }
                let atHand = store.atHand.values.reduce(0, +)
                #expect(store.issued + atHand + onTheWay + store.left == stock)
            }
            #expect(store.issued <= stock)
            // What lies in shards in the end is little: the prefetch shrinks with the pool.
            #expect(store.left == 0 && stock - store.issued <= 2 + stock / 50)
        }
    }

    /// One person tries until there is an answer; draws and batches lose their replies now and then.
    private static func claim(
        _ coupon: UInt64, _ shard: UInt16, _ stock: Int, _ room: inout StockRoom<Int>, _ store: inout Store,
        _ random: inout SplitMix64
    ) {
        for _ in 0..<20 {
            let credits = room.credits(shard: shard)
            store.credit(credits, shard: shard)
            let isLost = Int.random(in: 0..<20, using: &random) == 0
            if !isLost { room.credited(shard: shard, credits) }
            if store.take(shard: shard) { return }
            if isLost { continue }
            room.wait(1, coupon: coupon, gift: 0, shard: shard)
            switch room.step(gift: 0, shard: shard, stock: stock, nowNs: 0) {
            case .soldOut: return
            case .nothing, .again: continue
            case .draw(let draw):
                let ever = store.draw(draw)
                if Int.random(in: 0..<20, using: &random) == 0 {
                    _ = room.drawFailed(gift: 0, shard: shard)
                } else if case .soldOut = room.drew(gift: 0, shard: shard, drawnEver: ever, nowNs: 0) {
                    return
                }
            }
        }
    }
}
