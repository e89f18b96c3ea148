import Atomics
import CoreMetrics

/// Counts of values in fixed buckets, in integer units (nanoseconds, or what a recorder is given).
///
/// A reading while others record may see a value in its bucket and not yet in the sum, never the reverse of
/// what the format demands: the count is taken from the buckets themselves.
final class HistogramSeries: TimerHandler, RecorderHandler, MetricSeries {
    /// Upper bounds of the buckets in units, ascending; one more bucket holds what is above the last.
    private let bounds: [Int64]
    /// What the exposition divides bounds and sum by.
    private let unitsPerShown: Double
    private let counts: [ManagedAtomic<Int64>]
    private let sum = ManagedAtomic<Int64>(0)

    init(bounds: [Int64], unitsPerShown: Double) {
        self.bounds = bounds
        self.unitsPerShown = unitsPerShown
        counts = (0...bounds.count).map { _ in ManagedAtomic(0) }
    }

    /// Latencies from 100 µs to 30 s, in seconds.
    static func latencies() -> HistogramSeries {
        let microseconds: [Int64] = [
            100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
            2_500_000, 5_000_000, 10_000_000, 30_000_000,
        ]
        return HistogramSeries(bounds: microseconds.map { $0 * 1_000 }, unitsPerShown: 1e9)
    }

    /// Sizes and counts in powers of four up to 4^10, about a million.
    static func sizes() -> HistogramSeries {
        HistogramSeries(bounds: (0...10).map { 1 << (2 * $0) }, unitsPerShown: 1)
    }

    func recordNanoseconds(_ duration: Int64) { record(duration) }

    func record(_ value: Int64) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        counts[bucket].wrappingIncrement(ordering: .relaxed)
        sum.wrappingIncrement(by: value, ordering: .relaxed)
    }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        record(Int64(exactly: value.rounded()) ?? (value < 0 ? .min : .max))
    }

    func render(name: String, labels: String, into text: inout PrometheusText) {
        let total = sum.load(ordering: .relaxed)
        var below: Int64 = 0
        for (index, count) in counts.enumerated() {
            below += count.load(ordering: .relaxed)
            let bound =
                index < bounds.count ? PrometheusText.number(Double(bounds[index]) / unitsPerShown) : "+Inf"
            text.sample(
                name: name, suffix: "_bucket", labels: labels, extra: "le=\"\(bound)\"", value: String(below))
        }
        text.sample(
            name: name, suffix: "_sum", labels: labels,
            value: PrometheusText.number(Double(total) / unitsPerShown))
        text.sample(name: name, suffix: "_count", labels: labels, value: String(below))
    }
}
