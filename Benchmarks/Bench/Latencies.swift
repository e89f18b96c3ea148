import Histogram

/// Times of one run. Each is to be counted from when its request was meant to be sent and not from when it
/// was, so that a stall of the server counts for all who would have come meanwhile (Gil Tene, "How NOT to
/// Measure Latency", 2015: coordinated omission).
package struct Latencies: Sendable {
    // Three digits that count, up to a minute.
    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 1_000, highestTrackableValue: 60_000_000_000,
        numberOfSignificantValueDigits: .three)

    package init() {}

    package var count: UInt64 { histogram.totalCount }

    package mutating func add(nanoseconds: UInt64) {
        // A longer wait than the histogram holds counts as its longest.
        if !histogram.record(nanoseconds) { histogram.record(60_000_000_000) }
    }

    /// In milliseconds; `percent` is 0...100. 0 where there are none.
    package func ms(_ percent: Double) -> Double {
        count == 0 ? 0 : Double(histogram.valueAtPercentile(percent)) / 1e6
    }

    package var text: String {
        "p50 \(Figure.text(ms(50)))  p99 \(Figure.text(ms(99)))  p99.9 \(Figure.text(ms(99.9)))  "
            + "longest \(Figure.text(ms(100))) ms"
    }
}
