/// Up to when a game has surely read everything that was sent to it.
///
/// A request that timed out may lie in the game's sockets for as long as the game hangs; a query that it
/// answers when it goes on may be read before that request is. The assumption is that of the pacer's ghosts:
/// a game that answers reads all of its sockets within a second. So when it has answered something that
/// started at s, then a second after the answer everything has been read that had ended by s.
///
/// A pure value, one a game; times are monotonic nanoseconds.
struct ReadHorizon: Sendable {
    static let restNs: UInt64 = 1_000_000_000

    private var readNs: UInt64 = 0
    /// An answer's second that runs: what had ended by `startedNs` is read at `atNs`.
    private var resting: (startedNs: UInt64, atNs: UInt64)?

    /// The game has answered a request that started then.
    mutating func answered(startedNs: UInt64, nowNs: UInt64) {
        settle(nowNs: nowNs)
        if resting == nil { resting = (startedNs, nowNs + Self.restNs) }
    }

    /// Whether a request that ended at `endedNs` has surely been read by now, or never will be.
    mutating func covers(endedNs: UInt64, nowNs: UInt64) -> Bool {
        settle(nowNs: nowNs)
        return endedNs <= readNs
    }

    private mutating func settle(nowNs: UInt64) {
        guard let rest = resting, rest.atNs <= nowNs else { return }
        readNs = max(readNs, rest.startedNs)
        resting = nil
    }
}
