/// Decides which requests a busy loop turns away early, so that the others still get their lists in time.
///
/// A timer that comes late tells how long a request waits for its turn on the loop. Once it has come later
/// than `maxDelayNs` several times in a row, a growing share of the lists is refused; when it is in time
/// again the share shrinks, slower than it grew. One stall alone (a stopped process, a busy machine) turns
/// nobody away. Refusals are spread evenly over the requests. Pure: lateness comes in.
///
/// The idea of watching the delay rather than the length of a queue: K. Nichols and V. Jacobson, "Controlling
/// Queue Delay", ACM Queue 10(5), 2012.
struct LoadShedder {
    static let step = 0.25
    static let recovery = 0.05
    /// Never everything: what gets through shows whether it is over.
    static let mostShare = 0.95
    /// Late timers in a row before the first refusal.
    static let patience = 4

    let maxDelayNs: UInt64
    /// 0...`mostShare` of the requests are turned away.
    private(set) var share = 0.0
    private var owed = 0.0
    private var lateInARow = 0

    init(maxDelayNs: UInt64) {
        self.maxDelayNs = maxDelayNs
    }

    /// Takes how late a timer of the loop came.
    mutating func observe(latenessNs: UInt64) {
        lateInARow = latenessNs > maxDelayNs ? lateInARow + 1 : 0
        if lateInARow >= Self.patience {
            share = min(Self.mostShare, share + Self.step)
        } else if lateInARow == 0 {
            share = max(0, share - Self.recovery)
        }
        if share == 0 { owed = 0 }
    }

    /// Whether this request is one to turn away.
    mutating func sheds() -> Bool {
        guard share > 0 else { return false }
        owed += share
        guard owed >= 1 else { return false }
        owed -= 1
        return true
    }
}
