import Pacing

/// The rate of a settling run: one request may leave each `size / perSecond` seconds.
///
/// Requests are as large as a quarter of a second's coupons, at most ``SettleRequest/maxCoupons``, so that a
/// slow run is even and a fast one is cheap. No burst: what was not used is not caught up.
struct SettlePace: Sendable {
    /// What `--rate` may be, coupons a second.
    static let rates = 0.1...100_000.0

    /// Coupons in one request.
    let size: Int
    private var gcra: GCRA

    init(perSecond: Double, nowNs: UInt64) {
        precondition(Self.rates.contains(perSecond), "a rate outside \(Self.rates)")
        size = min(SettleRequest.maxCoupons, max(1, Int(perSecond / 4)))
        gcra = GCRA(perSecond: perSecond / Double(size), burst: 1, nowNs: nowNs)
    }

    /// How long to wait before the next request; 0: it may leave, and has been counted.
    mutating func takeOrWaitNs(nowNs: UInt64) -> UInt64 {
        gcra.take(nowNs: nowNs) ? 0 : gcra.nextAtNs - nowNs
    }
}
