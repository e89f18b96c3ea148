import Pacing

/// One game under a `GamePacer` in simulated time: a server with a latency of its own and, where `workers`
/// are few, a queue; the sender looks every millisecond or so.
struct GovernedGame {
    var pacer: GamePacer
    var bits: SeededBits
    /// What a request takes when nothing queues, in nanoseconds, before jitter of ± a third.
    var baseNs: UInt64
    /// One request in so many takes ten times as long.
    var longTailOneIn: UInt64 = .max
    /// How many requests the game works on at once; the rest queue.
    var workers = Int.max
    /// One request in so many times out, or is answered 429.
    var timeoutOneIn: UInt64 = .max
    var throttleOneIn: UInt64 = .max
    var timeoutNs: UInt64 = secondNs
    private(set) var nowNs: UInt64
    private(set) var startTimes: [UInt64] = []
    private(set) var concurrencies: [Int] = []
    private(set) var live = 0
    private var flights: [(atNs: UInt64, permit: Permit, kind: FinishKind)] = []
    private var busyUntilNs: [UInt64] = []

    init(_ pacer: GamePacer, baseNs: UInt64, seed: UInt64, nowNs: UInt64 = secondNs) {
        self.pacer = pacer
        self.baseNs = baseNs
        bits = SeededBits(seed)
        self.nowNs = nowNs
    }

    static func pacer(perSecond: Double, slots: Int) throws -> GamePacer {
        let limit = try PacingLimit(perSecond: perSecond, burst: slots + Int(perSecond / 50) + 10)
        return GamePacer(
            game: 0, split: BurstSplit(limit, maxConcurrency: slots), inheritsGhosts: false, nowNs: secondNs)
    }

    func starts(fromNs: UInt64, untilNs: UInt64) -> Int {
        startTimes.count { $0 >= fromNs && $0 < untilNs }
    }

    mutating func run(seconds: Double) {
        let untilNs = nowNs + UInt64(seconds * 1e9)
        while nowNs < untilNs {
            nowNs += bits.within((msNs / 2)...(3 * msNs / 2))
            flights.sort { $0.atNs < $1.atNs }
            while let first = flights.first, first.atNs <= nowNs {
                flights.removeFirst()
                pacer.finished(first.permit, first.kind, nowNs: first.atNs)
            }
            while pacer.readiness(nowNs: nowNs) == .now {
                send(pacer.start(nowNs: nowNs))
                nowNs += 1_000
            }
            concurrencies.append(pacer.concurrency)
        }
    }

    private mutating func send(_ permit: Permit) {
        startTimes.append(nowNs)
        var tookNs = baseNs * bits.within(667...1333) / 1000
        if bits.oneIn(longTailOneIn) { tookNs *= 10 }
        var fromNs = nowNs
        if workers != .max {
            busyUntilNs.removeAll { $0 <= nowNs }
            if busyUntilNs.count >= workers {
                busyUntilNs.sort()
                fromNs = busyUntilNs[busyUntilNs.count - workers]
            }
            busyUntilNs.append(fromNs + tookNs)
        }
        let endNs = fromNs + tookNs
        if bits.oneIn(throttleOneIn) {
            flights.append((nowNs + msNs, permit, .throttled(retryAfterNs: 100 * msNs)))
        } else if bits.oneIn(timeoutOneIn) || endNs > nowNs + timeoutNs {
            flights.append((nowNs + timeoutNs, permit, .timedOut))
        } else {
            flights.append((endNs, permit, .succeeded))
        }
    }
}
