/// How fast a counter has grown over the last seconds.
///
/// Looked at every so often; of the looks of the last five seconds the oldest and the newest make the rate.
struct RecentRate: Sendable {
    static let spanNs: UInt64 = 5_000_000_000
    static let most = 64

    private var looks: [(atNs: UInt64, count: Int)] = []

    /// Notes the counter. Times do not go backwards.
    mutating func look(_ count: Int, nowNs: UInt64) {
        if let last = looks.last, nowNs <= last.atNs { return }
        looks.append((nowNs, count))
        // One look older than the span is kept: the rate is over the span at least.
        while looks.count > Self.most || looks.count > 2 && looks[1].atNs + Self.spanNs <= nowNs {
            looks.removeFirst()
        }
    }

    /// A second; 0 before the second look.
    var perSecond: Double {
        guard let first = looks.first, let last = looks.last, last.atNs > first.atNs else { return 0 }
        return Double(last.count - first.count) * 1e9 / Double(last.atNs - first.atNs)
    }
}
