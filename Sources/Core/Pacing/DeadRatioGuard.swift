/// Notices that a game refuses too many orders for good, so that it is paused and not fed the whole queue.
///
/// It looks at the last orders that were closed by an answer of the game (a sliding window by count, in
/// buckets, and at least `fewest` of them), and says so once when the refused ones among them pass the
/// ratio. Then it is silent until `reset`. By count and not by time: a slow game needs as many refusals as a
/// fast one to be judged. A pure value, O(1) a call.
package struct DeadRatioGuard: Sendable, Equatable {
    static let buckets = 10

    /// The ratio of refused orders above which the game is paused.
    package let ratio: Double
    /// How many of the last closed orders are looked at; at least `fewest`, a multiple of ten.
    package let window: Int
    /// No verdict on fewer.
    package let fewest: Int

    /// Whether it has said so; then nothing more is counted.
    package private(set) var isTripped = false
    private var closedIn: [Int]
    private var deadIn: [Int]
    private var bucket = 0
    private var closed = 0
    private var dead = 0

    /// Traps unless 0 < ratio ≤ 1 and 1 ≤ fewest ≤ window ≤ 1,000,000. A ratio of 1 never trips.
    package init(ratio: Double = 0.5, window: Int = 200, fewest: Int = 50) {
        precondition(ratio > 0 && ratio <= 1 && fewest >= 1 && fewest <= window && window <= 1_000_000)
        self.ratio = ratio
        self.window = (window + Self.buckets - 1) / Self.buckets * Self.buckets
        self.fewest = fewest
        closedIn = Array(repeating: 0, count: Self.buckets)
        deadIn = closedIn
    }

    /// The share of refused ones among those that are looked at; 0 while there is none.
    package var share: Double { closed == 0 ? 0 : Double(dead) / Double(closed) }

    /// An order was closed by an answer: granted, or refused for good. Returns true the one time that a
    /// refusal finds the ratio passed.
    package mutating func closed(isDead: Bool) -> Bool {
        guard !isTripped else { return false }
        if closedIn[bucket] == window / Self.buckets {
            bucket = (bucket + 1) % Self.buckets
            closed -= closedIn[bucket]
            dead -= deadIn[bucket]
            (closedIn[bucket], deadIn[bucket]) = (0, 0)
        }
        closedIn[bucket] += 1
        closed += 1
        if isDead {
            deadIn[bucket] += 1
            dead += 1
        }
        // Only a refusal is news of that kind: a grant that completes the fewest is none.
        guard isDead, closed >= fewest, Double(dead) > ratio * Double(closed) else { return false }
        isTripped = true
        return true
    }

    /// The game was resumed: what was seen before says nothing about now.
    package mutating func reset() { self = DeadRatioGuard(ratio: ratio, window: window, fewest: fewest) }
}
