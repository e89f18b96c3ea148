/// When to try again: exponential back-off with full jitter, and never earlier than the other side asked.
///
/// Source: "Exponential Backoff and Jitter", AWS Architecture Blog 2015, the "full jitter" form: uniform
/// over 0 ... min(cap, base · 2^(attempt − 1)). Milliseconds throughout.
package struct RetrySchedule: Sendable, Equatable {
    package let baseMs: Int64
    package let capMs: Int64

    /// Traps unless 1 ≤ base ≤ cap ≤ one year.
    package init(baseMs: Int64, capMs: Int64) {
        precondition(baseMs >= 1 && baseMs <= capMs && capMs <= 31_536_000_000, "an impossible schedule")
        self.baseMs = baseMs
        self.capMs = capMs
    }

    /// The longest that jitter alone may wait after that many attempts (`attempt` counts from 1).
    package func ceilingMs(attempt: Int) -> Int64 {
        let doublings = max(0, attempt - 1)
        // 2^36 ms is more than any cap: shifting further could only overflow.
        guard doublings < 36 else { return capMs }
        let (grown, overflowed) = baseMs.multipliedReportingOverflow(by: 1 << Int64(doublings))
        return overflowed ? capMs : min(capMs, grown)
    }

    /// The delay before the next attempt.
    /// - Parameters:
    ///   - attempt: how many attempts were made, from 1.
    ///   - random: 64 uniformly random bits, from the caller (Core draws none).
    ///   - retryAfterMs: what the receiver asked for; honoured in full, even above the cap.
    package func delayMs(attempt: Int, random: UInt64, retryAfterMs: Int64?) -> Int64 {
        let span = UInt64(ceilingMs(attempt: attempt)) + 1
        let jittered = Int64(random.multipliedFullWidth(by: span).high)
        return max(jittered, retryAfterMs ?? 0)
    }
}
