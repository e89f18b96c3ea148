/// Whether a game's role service is worth asking: after failures in a row it is left alone for a while, then
/// asked one question at a time until one is answered.
///
/// So a dead service costs each person nothing instead of a whole deadline. Source: the circuit breaker of
/// M. Nygard, "Release It!", 2007.
struct RoleHealth {
    private(set) var failures = 0
    private var closedUntilNs: UInt64 = 0
    private var isProbing = false

    /// Whether a question may be put now; true takes the probe's place where there is only one.
    mutating func admit(nowNs: UInt64, failuresToPause: Int) -> Bool {
        guard failures >= failuresToPause else { return true }
        guard nowNs >= closedUntilNs, !isProbing else { return false }
        isProbing = true
        return true
    }

    /// An admitted question that was never put.
    mutating func withdrawn() {
        isProbing = false
    }

    mutating func answered() {
        failures = 0
        isProbing = false
    }

    mutating func failed(nowNs: UInt64, failuresToPause: Int, pauseNs: UInt64) {
        failures += 1
        isProbing = false
        if failures >= failuresToPause { closedUntilNs = nowNs + pauseNs }
    }
}
