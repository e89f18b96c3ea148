import Synchronization
import Telemetry

/// What a settling run tells of itself on standard error, every few seconds.
final class SettleProgress: Sendable {
    private static let everyNs: UInt64 = 2_000_000_000

    private struct Shown {
        var lines: Int
        var atNs: UInt64
    }

    private let last: Mutex<Shown>

    init(start: SettleCheckpoint, nowNs: UInt64) {
        last = Mutex(Shown(lines: start.lines, atNs: nowNs))
    }

    func show(_ checkpoint: SettleCheckpoint, nowNs: UInt64) {
        let rate: Double? = last.withLock { last in
            let passedNs = nowNs - last.atNs
            guard passedNs >= Self.everyNs else { return nil }
            defer { last = Shown(lines: checkpoint.lines, atNs: nowNs) }
            return Double(checkpoint.lines - last.lines) * 1e9 / Double(passedNs)
        }
        guard let rate else { return }
        Self.say("settle: \(Self.words(checkpoint)), \(Int(rate.rounded())) a second")
    }

    static func words(_ checkpoint: SettleCheckpoint) -> String {
        "\(checkpoint.lines) coupons: \(checkpoint.granted) granted, \(checkpoint.skipped) had an order, "
            + "\(checkpoint.refused) refused"
    }

    /// One line on standard error.
    static func say(_ text: String) {
        LogfmtHandler.writeToStandardError(Array((text + "\n").utf8))
    }
}
