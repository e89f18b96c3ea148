import Metrics
import Telemetry

/// What the loops count, made once so that a request looks up no label; safe from any thread.
final class RecommendMeters: Sendable {
    private let whole = Counter(label: "recommend_lists_total", dimensions: [("result", "whole")])
    private let degraded = Counter(label: "recommend_lists_total", dimensions: [("result", "degraded")])
    private let unauthorized = Counter(
        label: "recommend_lists_total", dimensions: [("result", "unauthorized")])
    private let answerTime = Timer(label: "recommend_list")

    func listed(isDegraded: Bool, startedNs: UInt64) {
        (isDegraded ? degraded : whole).increment()
        answerTime.recordNanoseconds(Int64(clamping: SystemClock.nowNs &- startedNs))
    }

    func refused() {
        unauthorized.increment()
    }
}
