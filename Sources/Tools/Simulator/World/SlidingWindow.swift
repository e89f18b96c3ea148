/// Counts arrivals in every window of one second that ends with an arrival; the highest of those is the
/// highest of all windows, since a window can be slid to the right until its last arrival is its edge.
///
/// A window is half open: an arrival exactly one second older than the newest is outside. Times are monotonic
/// nanoseconds and must not go back. Memory: the arrivals of one second.
struct SlidingWindow: Sendable {
    static let widthNs: UInt64 = 1_000_000_000
    /// How long a limit that is no more still counts: the second within which a change must have taken hold,
    /// and the width of the windows that reach back before it.
    static let changeNs: UInt64 = 2 * widthNs

    /// What no window may exceed: limit + burst, while a change is fresh the largest of those in force.
    private(set) var allowed: Double
    /// Arrivals beyond what was allowed, in the window that was worst.
    private(set) var highestOver = 0.0
    private(set) var total = 0
    private(set) var highest = 0
    /// Arrivals whose window held more than is allowed.
    private(set) var windowsOver = 0
    private var recent: [UInt64] = []
    private var oldest = 0
    private var inForce: Double
    /// Limits that were in force, and until when they still count.
    private var former: [(allowed: Double, untilNs: UInt64)] = []

    init(perSecond: Double, burst: Int) {
        allowed = perSecond + Double(burst)
        inForce = allowed
    }

    /// Another limit is in force from now on; the one before still counts for ``changeNs``, where it is the
    /// larger one.
    mutating func change(perSecond: Double, burst: Int, atNs now: UInt64) {
        former.append((inForce, now + Self.changeNs))
        inForce = perSecond + Double(burst)
        allowed = former.reduce(inForce) { max($0, $1.allowed) }
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
        if !former.isEmpty {
            former.removeAll { $0.untilNs < now }
            allowed = former.reduce(inForce) { max($0, $1.allowed) }
        }
        highest = max(highest, count)
        if Double(count) > allowed {
            windowsOver += 1
            highestOver = max(highestOver, Double(count) - allowed)
        }
    }
}
