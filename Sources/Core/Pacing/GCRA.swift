/// The generic cell rate algorithm: a rate with a bounded burst in one 64-bit word of state.
///
/// Source: ITU-T I.371, annex A, in its virtual scheduling form. With the interval T = 1 s / rate and the
/// tolerance τ, a theoretical arrival time TAT is kept, and a request at time t
///
///     conforms  ⇔  t ≥ TAT − τ,     and then   TAT ← max(t, TAT) + T.
///
/// Any closed window of length W then holds at most ⌊(W + τ) / T⌋ + 1 conforming requests. With
/// τ = (burst − 1) · T that is rate · W + burst.
///
/// - It starts empty: the first permit comes one interval after the start and the tolerance has to be
///   earned, so a restarted process adds nothing on top of what its predecessor sent.
/// - After a stall of the clock at most `burst` permits follow at once, however long it took.
/// - T is rounded up to whole nanoseconds: the rate is never exceeded by rounding.
///
/// Times are monotonic nanoseconds. A value type; whoever owns it calls it from one thread.
package struct GCRA: Sendable {
    package private(set) var perSecond: Double
    package private(set) var burst: Int
    private var intervalNs: UInt64
    private var toleranceNs: UInt64
    private var theoreticalArrivalNs: UInt64

    /// Traps on a rate or burst that `PacingLimit` would not accept.
    package init(perSecond: Double, burst: Int, nowNs: UInt64) {
        self.perSecond = perSecond
        self.burst = burst
        intervalNs = Self.interval(perSecond)
        toleranceNs = Self.tolerance(burst: burst, intervalNs: intervalNs)
        // A full bucket in leaky-bucket words: `burst` cells still have to drain.
        theoreticalArrivalNs = nowNs + toleranceNs + intervalNs
    }

    /// How long a caller may fail to come and still lose no permit.
    package var sustainedPauseNs: UInt64 { toleranceNs }

    /// The earliest time at which `take` succeeds.
    package var nextAtNs: UInt64 {
        theoreticalArrivalNs > toleranceNs ? theoreticalArrivalNs - toleranceNs : 0
    }

    package func isReady(nowNs: UInt64) -> Bool { nowNs >= nextAtNs }

    /// Takes one permit, if there is one now.
    package mutating func take(nowNs: UInt64) -> Bool {
        guard nowNs >= nextAtNs else { return false }
        theoreticalArrivalNs = max(theoreticalArrivalNs, nowNs) + intervalNs
        return true
    }

    /// Changes rate and burst and keeps the law over windows that span the change.
    ///
    /// What has not drained yet is carried over in cells, not in time, and new burst starts used up. In
    /// leaky-bucket words a window's count is (level at its end) − (level at its start) + (what drained),
    /// so over a window that spans changes it is at most the largest burst plus the integral of the rate.
    package mutating func setRate(perSecond: Double, burst: Int, nowNs: UInt64) {
        if perSecond == self.perSecond, burst == self.burst { return }
        let newIntervalNs = Self.interval(perSecond)
        let left = theoreticalArrivalNs > nowNs ? theoreticalArrivalNs - nowNs : 0
        let cells = Double(left) / Double(intervalNs) + Double(max(0, burst - self.burst))
        self.perSecond = perSecond
        self.burst = burst
        intervalNs = newIntervalNs
        toleranceNs = Self.tolerance(burst: burst, intervalNs: newIntervalNs)
        theoreticalArrivalNs = nowNs + UInt64((cells * Double(newIntervalNs)).rounded(.up))
    }

    private static func interval(_ perSecond: Double) -> UInt64 {
        precondition(
            perSecond >= PacingLimit.minPerSecond && perSecond <= PacingLimit.maxPerSecond,
            "a rate outside PacingLimit's range")
        return UInt64((1e9 / perSecond).rounded(.up))
    }

    private static func tolerance(burst: Int, intervalNs: UInt64) -> UInt64 {
        precondition(burst >= 1 && burst <= PacingLimit.maxBurst, "a burst outside PacingLimit's range")
        return UInt64(burst - 1) * intervalNs
    }
}
