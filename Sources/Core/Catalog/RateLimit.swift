/// What a receiver bears: at most `perSecond` + `burst` requests in any window of one second.
///
/// `perSecond` is in requests a second and above 0; `burst` is in requests, at least 2, because a sender
/// must hold one request in flight and still have one permit (bucket + concurrency ≤ burst).
package struct RateLimit: Sendable, Equatable {
    package let perSecond: Double
    package let burst: Int

    package init(perSecond: Double, burst: Int) {
        self.perSecond = perSecond
        self.burst = burst
    }
}
