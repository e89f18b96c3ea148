/// Whether a peer (a game's role service, the store) is worth asking: after failures in a row it is left
/// alone for a while, then asked one question at a time until one is answered, then a few more with each
/// answer.
///
/// So a dead peer costs each person nothing instead of a whole deadline, and one that comes back is not met
/// by everything that has piled up. Source: the circuit breaker of M. Nygard, "Release It!", 2007; the
/// growth is TCP's slow start (RFC 5681, section 3.1).
struct PeerHealth: Sendable {
    /// Beyond this many at once there is no limit of health's.
    private static let fullRamp = 1024
    /// How long nobody looks whether the one question has been answered.
    private static let probeLookNs: UInt64 = 20_000_000

    private let failuresToPause: Int
    private let pauseNs: UInt64
    private(set) var failures = 0
    private var closedUntilNs: UInt64 = 0
    /// The question that is put while all others wait.
    private var probe: UInt64?
    /// Questions at once that it may be trusted with.
    private(set) var ramp = PeerHealth.fullRamp

    init(failuresToPause: Int, pauseMs: Int64) {
        self.failuresToPause = failuresToPause
        pauseNs = UInt64(pauseMs) * 1_000_000
    }

    /// Whether it is asked nothing, or one question at a time.
    var isLeftAlone: Bool { failures >= failuresToPause }

    /// Whether a question may be put now; true takes the probe's place where there is only one.
    mutating func admit(_ question: UInt64, nowNs: UInt64) -> Bool {
        guard isLeftAlone else { return true }
        guard nowNs >= closedUntilNs, probe == nil else { return false }
        probe = question
        return true
    }

    /// Until when nothing needs to be asked after a question was not admitted.
    func closedUntil(nowNs: UInt64) -> UInt64 {
        max(closedUntilNs, nowNs + Self.probeLookNs)
    }

    /// An admitted question that was never put.
    mutating func withdrawn(_ question: UInt64) {
        if probe == question { probe = nil }
    }

    mutating func answered() {
        failures = 0
        probe = nil
        ramp = min(Self.fullRamp, ramp + 1)
    }

    /// - Returns: true = from now on it is left alone.
    mutating func failed(_ question: UInt64, nowNs: UInt64) -> Bool {
        failures += 1
        withdrawn(question)
        guard isLeftAlone else { return false }
        closedUntilNs = nowNs + pauseNs
        ramp = 1
        return true
    }
}
