/// How many requests a game is given at once: follows its latency and its troubles, between 1 and a cap.
///
/// Three rules, each at most once a round trip (a round counts only requests that started in it, so that
/// whatever it measures happened under the concurrency it judges):
///
/// 1. Latency, as a gradient of a round's mean over the long-term mean:
///    `g = clamp(1.5 · long / short, 0.5 ... 1)`, and then
///    `limit ← ½ · limit + ½ · (limit · g + √limit)`. Source: Gradient2 of Netflix's concurrency-limits
///    ("Performance Under Load", Netflix Technology Blog 2018), with its rule that a limit of which less than
///    half is used does not grow. Against the long-term mean, and not the least latency ever seen as in TCP
///    Vegas, since a game that is slow by nature is not an overloaded one.
/// 2. Trouble (time-outs, 429, 503): `limit ← limit at the first of this round trip · (1 − f / 2)`, f being
///    the share of trouble among the last answers. Source: DCTCP, RFC 8257 §3.3: it halves when all goes
///    wrong and hardly moves for one time-out in a hundred, which TCP's plain halving would turn into a
///    game held far below its rate.
/// 3. A shrinking is an experiment. Requests that queue at the game get faster in proportion when fewer are
///    sent (Little's law); if they did not, the game has become slower for reasons of its own, and the limit
///    from before comes back with the new latency as the long-term one.
///
/// It starts at the cap (the game's own file says that it bears that many; the rate is what protects it) and
/// stays there while all is well: only trouble makes it the narrower of the two. After an outage `restart`
/// goes on with few and doubles a round trip (slow start, RFC 5681 §3.1).
///
/// A pure value in whole numbers; every call is O(1). Times are monotonic nanoseconds.
package struct ConcurrencyGovernor: Sendable, Equatable {
    /// Limits are kept in 1/1024ths, and so are shares.
    private static let one = 1_024
    /// Longest latency that is told apart, 2^40 ns: sums of a round stay far below 64 bits.
    private static let longestNs: UInt64 = 1 << 40
    /// A single request counts as at most so many times the long-term latency: one outlier is no trend.
    private static let outlier: UInt64 = 4
    /// Requests in a round, at least, before its mean may shrink the limit; and at most before it is judged.
    private static let fewestToShrink = 10
    private static let mostInRound = 64
    /// Weight of an answer in the share of trouble: one in sixteen.
    private static let troubleShift = 4
    /// Time constant of the long-term latency.
    private static let longTermNs: UInt64 = 10_000_000_000

    /// The most it may ever give; the caller's hard limit.
    package private(set) var cap: Int
    /// What it gives in 1/1024ths while not `isFree`. Never above `freeAt`, though perhaps above the cap.
    private var limit: Int
    /// Nothing to object: as many as the cap allows.
    package private(set) var isFree = true
    /// At this limit it is free again: what it gave when the trouble began.
    private var freeAt: Int
    private var isSlowStarting = false
    /// Share of trouble among answers, in 1/1024ths.
    private var trouble = 0

    private var longNs: UInt64 = 0
    private var longAtNs: UInt64 = 0
    private var roundStartNs: UInt64 = 0
    /// Latencies of the round, outliers cut off, and as they were.
    private var roundSumNs: UInt64 = 0
    private var roundRawNs: UInt64 = 0
    private var roundCount = 0
    private var mostLive = 0
    private var leastLive = Int.max

    /// The trouble of the present round trip: since when, and the limit it found.
    private var troubledNs: UInt64?
    private var troubledLimit = 0

    private struct Experiment: Sendable, Equatable {
        var limit: Int
        var rawNs: UInt64
    }

    private var experiment: Experiment?

    /// Traps unless 1 ≤ cap ≤ `PacingLimit.maxBurst`.
    package init(cap: Int) {
        precondition(cap >= 1 && cap <= PacingLimit.maxBurst)
        self.cap = cap
        limit = cap * Self.one
        freeAt = limit
    }

    /// How many requests the game may be given at once now, 1 ... cap.
    package var concurrency: Int { isFree ? cap : max(1, min(cap, limit / Self.one)) }

    /// The latency that counts as usual, in nanoseconds; 0 while nothing is known.
    package var usualLatencyNs: UInt64 { longNs }

    /// The hard limit changed. While free it is followed at once; else what was learned is kept.
    package mutating func capChanged(to cap: Int) {
        precondition(cap >= 1 && cap <= PacingLimit.maxBurst)
        self.cap = cap
    }

    /// A request starts, and is one of so many.
    package mutating func started(live: Int) {
        mostLive = max(mostLive, live)
        leastLive = min(leastLive, live)
    }

    /// The game did what a request is for. `startedNs` is when the request left.
    package mutating func succeeded(startedNs: UInt64, nowNs: UInt64) {
        trouble -= trouble >> Self.troubleShift
        if trouble < 1 << Self.troubleShift { trouble = 0 }
        guard startedNs >= roundStartNs else { return }
        let ceiling = longNs > 0 ? longNs * Self.outlier : Self.longestNs
        let took = min(max(nowNs > startedNs ? nowNs - startedNs : 0, 1), Self.longestNs)
        roundSumNs += min(took, ceiling)
        roundRawNs += took
        roundCount += 1
        if isSlowStarting, isUsed { grow(by: Self.one) }
        judgeRound(nowNs: nowNs)
    }

    /// The game answered that it could not: neither its latency nor its error tells how many it bears.
    package mutating func failed() { trouble -= trouble >> Self.troubleShift }

    /// The game did not answer in time, or asked for fewer.
    package mutating func troubled(startedNs: UInt64, nowNs: UInt64) {
        trouble += (Self.one - trouble) >> Self.troubleShift
        if troubledNs.map({ startedNs > $0 }) ?? true {
            troubledNs = nowNs
            troubledLimit = current
        }
        isSlowStarting = false
        experiment = nil
        shrink(to: troubledLimit - troubledLimit * trouble / (2 * Self.one))
    }

    /// Goes on with that many after an outage, doubling a round trip up to what it gave before.
    package mutating func restart(at few: Int, nowNs: UInt64) {
        shrink(to: min(max(1, few) * Self.one, current))
        isSlowStarting = true
        trouble = 0
        troubledNs = nil
        experiment = nil
        newRound(nowNs: nowNs)
    }
}

extension ConcurrencyGovernor {
    /// The limit in force in 1/1024ths.
    private var current: Int { isFree ? cap * Self.one : min(limit, cap * Self.one) }

    /// Whether at least half of the limit was used in this round.
    private var isUsed: Bool { mostLive * 2 >= concurrency }

    /// Whether the limit was what held requests back in this round, from its beginning to its end: each
    /// started as the last one that the limit allowed. Only then does latency tell what the limit does.
    private var isBinding: Bool { leastLive * 8 >= concurrency * 7 }

    private mutating func judgeRound(nowNs: UInt64) {
        let wanted = min(concurrency, Self.mostInRound)
        guard roundCount >= wanted else { return }
        let shortNs = roundSumNs / UInt64(roundCount)
        if longNs == 0 {
            // The first round is the first idea of what is usual.
            guard roundCount >= Self.fewestToShrink else { return }
            (longNs, longAtNs) = (shortNs, nowNs)
        }
        let isSlow = shortNs * 2 > longNs * 3
        if isSlow, roundCount < Self.fewestToShrink { return }
        if isUsed {
            if isSlow { slowRound(shortNs, rawNs: roundRawNs / UInt64(roundCount)) } else { goodRound() }
        }
        learn(shortNs, isOurs: isBinding, nowNs: nowNs)
        newRound(nowNs: nowNs)
    }

    private mutating func goodRound() {
        if let experiment, current * 4 <= experiment.limit * 3 { self.experiment = nil }
        grow(by: Self.root(current) / 2)
    }

    private mutating func slowRound(_ shortNs: UInt64, rawNs: UInt64) {
        if concurrency == 1 {
            // One at a time queues behind nothing of ours.
            longNs = rawNs
            return
        }
        if let tried = experiment, isBinding, current * 4 <= tried.limit * 3 {
            experiment = nil
            // Three quarters of the requests or fewer, and hardly an eighth faster: not a queue of ours.
            if rawNs * 8 >= tried.rawNs * 7 {
                longNs = rawNs
                grow(by: max(0, tried.limit - current))
                return
            }
        }
        if experiment == nil, isBinding { experiment = Experiment(limit: current, rawNs: rawNs) }
        isSlowStarting = false
        // g in 1/1024ths, at least a half.
        let gradient = max(Self.one / 2, Int(longNs * 3 / 2 * UInt64(Self.one) / shortNs))
        shrink(to: (current + current * gradient / Self.one + Self.root(current)) / 2)
    }

    /// Moves the long-term latency towards a round's by the time that has passed; faster when the game got
    /// twice as fast, since an idea of long ago would hide the next slowing. A latency under a binding limit
    /// may be our own queue at the game: it moves nothing up, or the limit would follow it, and it the limit.
    private mutating func learn(_ shortNs: UInt64, isOurs: Bool, nowNs: UInt64) {
        let passedNs = min(nowNs > longAtNs ? nowNs - longAtNs : 0, Self.longTermNs)
        longAtNs = max(longAtNs, nowNs)
        if shortNs * 2 < longNs {
            longNs = longNs - longNs / 10
            return
        }
        // Both fit 2^40 ns, the time 2^34: in microseconds the product stays below 2^54.
        let weight = passedNs / 1_000
        let scale = (Self.longTermNs + passedNs) / 1_000
        if shortNs >= longNs {
            guard !isOurs else { return }
            longNs += (shortNs - longNs) / 1_000 * weight / scale * 1_000
        } else {
            longNs -= (longNs - shortNs) / 1_000 * weight / scale * 1_000
        }
    }

    private mutating func newRound(nowNs: UInt64) {
        roundStartNs = nowNs
        roundSumNs = 0
        roundRawNs = 0
        roundCount = 0
        mostLive = 0
        leastLive = .max
    }

    private mutating func shrink(to next: Int) {
        let before = current
        guard next < before else { return }
        if isFree {
            freeAt = before
            isFree = false
        }
        limit = max(next, Self.one)
    }

    private mutating func grow(by amount: Int) {
        guard !isFree else { return }
        // A lowered cap keeps what was learned under a wider one.
        limit = max(limit, min(limit + amount, cap * Self.one))
        if limit >= freeAt {
            isFree = true
            isSlowStarting = false
        }
    }

    /// √(x) of a number in 1/1024ths, in 1/1024ths.
    private static func root(_ x: Int) -> Int { Int((Double(x) * Double(one)).squareRoot()) }
}
