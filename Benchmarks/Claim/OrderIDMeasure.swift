import Bench
import Foundation
import Glibc
import Orders
import Stack
import Synchronization
import Wire

/// What an order's number costs: the number itself from a lane and shard, and its thirteen characters.
///
/// A thread is a loop: it has a lane of its own and shares nothing, so that two take as long as one.
struct OrderIDMeasure {
    private static let shards: UInt32 = 64

    let stage: ClaimStage
    private var count: Int { stage.isQuick ? 2_000_000 : 20_000_000 }

    func run() -> [ResultRow] {
        stage.say("order IDs: \(count) a thread")
        return [false, true].flatMap { withText in
            [1, 2].map { threads in
                let times = (0..<max(3, stage.pairs)).map { _ in measured(threads, withText: withText) }
                let what = withText ? "order ID and its text" : "order ID"
                return ResultRow(
                    "\(what), \(threads == 1 ? "one thread" : "each of two threads")", ours: Median.of(times),
                    unit: "ns", better: .lower)
            }
        }
    }

    /// ns an ID, of the slowest thread.
    private func measured(_ threads: Int, withText: Bool) -> Double {
        let slowest = Mutex(0.0)
        let group = DispatchGroup()
        for lane in 0..<threads {
            group.enter()
            let count = withText ? count / 10 : count
            let thread = Thread {
                let ns = Self.number(count, lane: UInt32(lane + 1), withText: withText)
                slowest.withLock { $0 = max($0, ns) }
                group.leave()
            }
            thread.start()
        }
        group.wait()
        return slowest.withLock { $0 }
    }

    /// Numbers orders as a loop does: batches over the shards in turn, dense within each.
    private static func number(_ count: Int, lane: UInt32, withText: Bool) -> Double {
        var next = [UInt32](repeating: 0, count: Int(shards))
        var sum: UInt64 = 0
        let started = ContinuousClock.now
        for index in 0..<count {
            let shard = index / 64 % Int(shards)
            let id = OrderID(lane: lane, shard: UInt16(shard), sequence: next[shard])
            next[shard] = (next[shard] + 1) % OrderID.sequencesPerLane
            sum &+= withText ? UInt64(CrockfordBase32.encode(id.rawValue)[12]) : id.rawValue
        }
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        // The sum is looked at, so that the compiler leaves nothing out.
        precondition(sum != 0)
        return seconds * 1e9 / Double(count)
    }
}
