import Metrics
import Telemetry

/// What one loop counted since its last tick; plain integers, so that a request costs no atomic.
struct RecommendTally {
    var whole = 0
    var degraded = 0
    var unauthorized = 0
    var malformed = 0
    var over = 0
    var limited = 0
    var overloaded = 0
}

/// What the loops count, made once so that a request looks up no label; safe from any thread.
final class RecommendMeters: Sendable {
    private let answers: [Counter]
    private let answerTime = Timer(label: "recommend_list")

    init() {
        let results = [
            "whole", "degraded", "unauthorized", "malformed", "over", "limited", "overloaded",
        ]
        answers = results.map { Counter(label: "recommend_lists_total", dimensions: [("result", $0)]) }
    }

    /// Adds a tally and sets it to zero.
    func take(_ tally: inout RecommendTally) {
        let counts = [
            tally.whole, tally.degraded, tally.unauthorized, tally.malformed, tally.over, tally.limited,
            tally.overloaded,
        ]
        for (counter, count) in zip(answers, counts) where count > 0 { counter.increment(by: count) }
        tally = RecommendTally()
    }

    func answered(startedNs: UInt64) {
        answerTime.recordNanoseconds(Int64(clamping: SystemClock.nowNs &- startedNs))
    }
}

/// What became of edits to the campaign's files; safe from any thread.
struct CatalogMeters: Sendable {
    private let loaded = Counter(label: "recommend_catalog_reloads_total", dimensions: [("result", "loaded")])
    private let refused = Counter(
        label: "recommend_catalog_reloads_total", dimensions: [("result", "refused")])
    private let isRefused = Gauge(label: "recommend_catalog_refused")

    init() {
        isRefused.record(0)
    }

    func wasLoaded(isRefused: Bool) {
        loaded.increment()
        self.isRefused.record(isRefused ? 1 : 0)
    }

    func wasRefused() {
        refused.increment()
        isRefused.record(1)
    }
}
