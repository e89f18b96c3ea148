import Catalog

/// The days by which approvals are capped: those of the campaign's quotas, the same for every process.
struct OperatorDay: Sendable, Equatable {
    private static let dayMs: Int64 = 86_400_000

    /// Days since 1970 on the campaign's clock.
    let number: Int
    /// Seconds until the next one begins, at least 1.
    let leftS: Int

    init(nowMs: Int64, offsetMinutes: Int) {
        let local = nowMs + Int64(offsetMinutes) * 60_000
        let into = ((local % Self.dayMs) + Self.dayMs) % Self.dayMs
        number = Int((local - into) / Self.dayMs)
        leftS = Int((Self.dayMs - into + 999) / 1000)
    }
}
