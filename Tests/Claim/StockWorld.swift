import OrderStore
import Wire

@testable import Claim

/// A pool and its shards as the scripts keep them, and loops with a stock room each that sell from them over
/// a network which answers late, in any order, or not at all.
struct StockWorld {
    typealias Room = StockRoom<UInt64>

    /// What a person was told in the end.
    enum Answer { case sold, soldOut }

    private struct Shard {
        var atHand = 0
        var credited = 0
        var drawn = 0
        var putOut = 0
        var takenBack = 0
    }

    /// A call on its way; carried out by the store when it arrives there, its answer heard later or never.
    private enum Call {
        case claim(room: Int, shard: UInt16, coupons: [UInt64], credits: [StockCredit])
        case draw(room: Int, Room.Draw)
        /// Takes back from one shard after the other, others' calls between them.
        case recall(room: Int, Room.Recall, shard: Int, packs: Int, version: Int)
    }

    private static let shards = 3
    let stock: Int
    /// Of a hundred answers so many are lost.
    let losses: UInt64
    private var random: SplitMix64
    private var left: Int
    private var version = 1
    private var places = [Shard](repeating: Shard(), count: shards)
    private var orders: Set<UInt64> = []
    private var rooms: [Room]
    private var calls: [Call] = []
    private(set) var answers: [UInt64: Answer] = [:]
    private var nowNs: UInt64 = 0

    init(stock: Int, losses: UInt64, seed: UInt64) {
        self.stock = stock
        self.losses = losses
        random = SplitMix64(seed: seed)
        left = stock
        rooms = (0..<3).map { _ in Room(shards: Self.shards, soldOutNs: 1_000) }
    }

    var issued: Int { orders.count }

    /// Issued, at hand, on the way either way, and left.
    var total: Int {
        places.reduce(left + orders.count) {
            $0 + $1.atHand + $1.drawn - $1.credited + $1.putOut - $1.takenBack
        }
    }

    /// Lets a person claim until there is an answer, now by one loop, now by another.
    mutating func arrive(_ coupon: UInt64) {
        let room = Int(random.next() % UInt64(rooms.count))
        let shard = UInt16(coupon % UInt64(Self.shards))
        if rooms[room].isSoldOut(gift: 0, nowNs: nowNs), !orders.contains(coupon) {
            answers[coupon] = .soldOut
        } else {
            claim([coupon], room, shard)
        }
    }

    /// All memories of what is sold out end.
    mutating func forget() { nowNs += 1_000 }

    /// Carries one of the calls out; false when there is none.
    mutating func step() -> Bool {
        guard !calls.isEmpty else { return false }
        let call = calls.remove(at: Int(random.next() % UInt64(calls.count)))
        let isLost = random.next() % 100 < losses
        switch call {
        case .claim(let room, let shard, let coupons, let credits):
            decide(room, shard, coupons, credits, isLost: isLost)
        case .draw(let room, let draw): carryOut(room, draw, isLost: isLost)
        case .recall(let room, let recall, let shard, let packs, let version):
            carryOut(room, recall, shard: shard, packs: packs, version: version, isLost: isLost)
        }
        return true
    }

    private mutating func claim(_ coupons: [UInt64], _ room: Int, _ shard: UInt16) {
        calls.append(
            .claim(room: room, shard: shard, coupons: coupons, credits: rooms[room].credits(shard: shard)))
    }

    private mutating func decide(
        _ room: Int, _ shard: UInt16, _ coupons: [UInt64], _ credits: [StockCredit], isLost: Bool
    ) {
        for credit in credits where credit.drawnEver > places[Int(shard)].credited {
            places[Int(shard)].atHand += credit.drawnEver - places[Int(shard)].credited
            places[Int(shard)].credited = credit.drawnEver
        }
        var short = [UInt64]()
        for coupon in coupons where !orders.contains(coupon) {
            if places[Int(shard)].atHand > 0 {
                places[Int(shard)].atHand -= 1
                orders.insert(coupon)
            } else {
                short.append(coupon)
            }
        }
        guard !isLost else {
            for coupon in coupons { arrive(coupon) }
            return
        }
        rooms[room].credited(shard: shard, credits)
        for coupon in coupons {
            if short.contains(coupon) {
                rooms[room].wait(coupon, coupon: coupon, gift: 0, shard: shard)
            } else {
                answers[coupon] = .sold
            }
        }
        if !short.isEmpty { take(rooms[room].step(gift: 0, shard: shard, nowNs: nowNs), room, shard) }
    }

    private mutating func take(_ step: Room.Step, _ room: Int, _ shard: UInt16) {
        switch step {
        case .nothing: break
        case .draw(let draw): calls.append(.draw(room: room, draw))
        case .recall(let recall):
            calls.append(.recall(room: room, recall, shard: -1, packs: 0, version: 0))
        case .again(let coupons): claim(coupons, room, shard)
        case .soldOut(let coupons): for coupon in coupons { answers[coupon] = .soldOut }
        case .busy(let coupons): for coupon in coupons { arrive(coupon) }
        }
    }

    private mutating func carryOut(_ room: Int, _ draw: Room.Draw, isLost: Bool) {
        let shard = Int(draw.shard)
        if places[shard].drawn <= draw.creditedEver {
            let taken = min(left, draw.wanted)
            left -= taken
            places[shard].drawn += taken
        }
        guard !isLost else {
            for coupon in rooms[room].drawFailed(draw) { arrive(coupon) }
            return
        }
        let drawn = DrawnStock(drawnEver: places[shard].drawn, left: left, version: version)
        take(rooms[room].drew(draw, drawn), room, draw.shard)
    }

    /// The pool first, then each shard, then the answer.
    private mutating func carryOut(
        _ room: Int, _ recall: Room.Recall, shard: Int, packs: Int, version seen: Int, isLost: Bool
    ) {
        if isLost {
            for coupon in rooms[room].recallFailed(recall) { arrive(coupon) }
            return
        }
        guard shard >= 0 else {
            if left > 0 { return end(room, recall, RecalledStock(packs: 0, left: left, version: version)) }
            return calls.append(.recall(room: room, recall, shard: 0, packs: 0, version: version))
        }
        guard shard < Self.shards else {
            return end(room, recall, RecalledStock(packs: packs, left: 0, version: seen))
        }
        // What was put out before comes first; now and then whoever does it is gone in between.
        var place = places[shard]
        place.atHand += place.drawn - place.credited
        place.credited = place.drawn
        place.putOut += place.atHand
        place.atHand = 0
        var back = 0
        if random.next() % 100 >= losses * 3 {
            back = place.putOut - place.takenBack
            place.takenBack = place.putOut
        }
        places[shard] = place
        guard place.takenBack == place.putOut else {
            for coupon in rooms[room].recallFailed(recall) { arrive(coupon) }
            return
        }
        left += back
        if back > 0 { version += 1 }
        calls.append(
            .recall(room: room, recall, shard: shard + 1, packs: packs + back, version: seen))
    }

    private mutating func end(_ room: Int, _ recall: Room.Recall, _ stock: RecalledStock) {
        for (shard, step) in rooms[room].recalled(recall, stock, nowNs: nowNs) { take(step, room, shard) }
    }
}
