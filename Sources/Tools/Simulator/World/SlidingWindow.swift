/// Counts arrivals in every window of one second that ends with an arrival; the highest of those is the
/// highest of all windows, since a window can be slid to the right until its last arrival is its edge.
///
/// A window is half open: an arrival exactly one second older than the newest is outside. Times are monotonic
/// nanoseconds and must not go back. Memory: the arrivals of one second.
struct SlidingWindow: Sendable {
    static let widthNs: UInt64 = 1_000_000_000

    /// What no window may exceed: limit + burst.
    let allowed: Double
    private(set) var total = 0
    private(set) var highest = 0
    /// Arrivals whose window held more than is allowed.
    private(set) var windowsOver = 0
    private var recent: [UInt64] = []
    private var oldest = 0

    init(perSecond: Double, burst: Int) {
        allowed = perSecond + Double(burst)
    }

    mutating func arrived(atNs now: UInt64) {
        precondition(recent.last.map { $0 <= now } ?? true, "arrivals must be recorded in their order")
        recent.append(now)
        while now - recent[oldest] >= Self.widthNs { oldest += 1 }
        if oldest > recent.count / 2 {
            recent.removeFirst(oldest)
            oldest = 0
        }
        let count = recent.count - oldest
        total += 1
        highest = max(highest, count)
        if Double(count) > allowed { windowsOver += 1 }
    }
}
