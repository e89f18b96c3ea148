import OrderStore
import Orders
import Wire

/// Sells one shard's packs from one loop, and loses answers on the way as a bad network does.
///
/// It knows what a Claim loop knows: what it has surely told the script, and the number of its next order.
struct StockSeller {
    enum Sale: Equatable {
        case sold(amount: UInt32)
        case soldOut
    }

    struct Endless: Error {}

    let rig: StockRig
    let loop: Int
    let shard: UInt16
    let lane: UInt32
    /// Of a hundred answers so many are lost.
    var losses: UInt64 = 0
    var random: SplitMix64

    private var credited = 0
    private var untold: StockCredit?
    private var sequence: UInt32 = 0
    private let user: UInt64

    init(_ rig: StockRig, loop: Int, shard: UInt16, losses: UInt64 = 0, seed: UInt64 = 0) {
        self.rig = rig
        self.loop = loop
        self.shard = shard
        self.losses = losses
        lane = UInt32(loop * 100) + UInt32(shard) + 1
        random = SplitMix64(seed: seed &+ UInt64(lane))
        user = rig.user(of: shard)
    }

    private mutating func isLost() -> Bool { random.next() % 100 < losses }

    /// One coupon's claim, repeated until there is an answer.
    mutating func sell(_ coupon: UInt64) async throws -> Sale {
        for _ in 0..<1_000 {
            let told = untold
            let decision = try await rig.claim(
                [coupon], user: user, lane: lane, first: sequence, credits: told.map { [$0] } ?? [],
                loop: loop)[0]
            if isLost() {
                // The number may be used: it is burnt.
                sequence += 1
                continue
            }
            if let told {
                credited = max(credited, told.drawnEver)
                untold = nil
            }
            switch decision {
            case .accepted(_, let amount):
                sequence += 1
                return .sold(amount: amount)
            case .stored(let order, _): return .sold(amount: order.amount)
            case .noStock: if try await !findStock() { return .soldOut }
            case .outboxFull, .notStored, .overQuota: throw Endless()
            }
        }
        throw Endless()
    }

    /// False: neither the pool nor any shard has one.
    private mutating func findStock() async throws -> Bool {
        let drawn = try await rig.draw(shard, wanted: 1, credited: credited, loop: loop)
        if isLost() { return true }
        if drawn.drawnEver > credited {
            untold = drawn.credit(gift: 0)
            return true
        }
        let recalled = try await rig.recall(wanted: 1, behind: shard, loop: loop)
        return isLost() || !recalled.isNothing
    }
}
