/// The share of its rate that a game gets while it comes back from trouble: a ramp instead of a jump.
///
/// After an outage it begins at a tenth and reaches the whole in five seconds, in steps of a tenth of a
/// second. Every 429 or 503 halves the share (a tenth at least) and the ramp goes on from there when the
/// hold is over: additive increase, multiplicative decrease (Chiu and Jain 1989), which finds the rate that
/// a game bears when it bears less than its file says. A pure value; times are monotonic nanoseconds.
package struct RateRamp: Sendable, Equatable {
    /// The least share, in thousandths.
    package static let least = 100
    /// From the least share to the whole.
    package static let wholeNs: UInt64 = 5_000_000_000
    static let stepNs: UInt64 = 100_000_000
    /// What a step adds, in thousandths.
    static let step = (1_000 - least) * Int(stepNs) / Int(wholeNs)

    private var fromPermille = 1_000
    private var fromNs: UInt64 = 0

    package init() {}

    /// The share at that time, in thousandths.
    package func permille(nowNs: UInt64) -> Int {
        guard fromPermille < 1_000, nowNs > fromNs else { return fromPermille }
        let steps = min((nowNs - fromNs) / Self.stepNs, Self.wholeNs / Self.stepNs)
        return min(1_000, fromPermille + Self.step * Int(steps))
    }

    /// When the share grows next; nil when it is whole.
    package func nextStepNs(nowNs: UInt64) -> UInt64? {
        guard permille(nowNs: nowNs) < 1_000 else { return nil }
        guard nowNs >= fromNs else { return fromNs }
        return fromNs + ((nowNs - fromNs) / Self.stepNs + 1) * Self.stepNs
    }

    /// Begins at the least share.
    package mutating func restart(atNs: UInt64) {
        fromPermille = Self.least
        fromNs = atNs
    }

    /// Halves the share that it has at `nowNs` and goes on from there at `atNs`; a wait as long as the whole
    /// ramp or longer has made what was learned stale, and it begins at the least.
    package mutating func halve(nowNs: UInt64, resumeNs atNs: UInt64) {
        let half = max(Self.least, permille(nowNs: nowNs) / 2)
        fromPermille = atNs > nowNs && atNs - nowNs >= Self.wholeNs ? Self.least : half
        fromNs = atNs
    }

    /// The hold became longer.
    package mutating func postpone(toNs: UInt64) { fromNs = max(fromNs, toNs) }

    /// The hold was ended early: the ramp begins now.
    package mutating func resume(nowNs: UInt64) { fromNs = min(fromNs, nowNs) }
}
