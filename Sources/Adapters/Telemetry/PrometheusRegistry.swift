import CoreMetrics
import Synchronization

/// All metrics of the process, shown in Prometheus' text format; a back end of swift-metrics.
///
/// Names are made legal (`redis.commands` → `redis_commands`), dimensions become labels. Counters count;
/// meters and plain recorders are gauges; timers are histograms in seconds whose name ends in `_seconds`;
/// aggregating recorders are histograms of sizes. Recording is lock-free; only making a series, and
/// showing all, take the lock.
package final class PrometheusRegistry: MetricsFactory {
    /// Series beyond this many are recorded but not shown, so that labels gone wild cost no memory for ever.
    package static let maxSeries = 10_000

    private struct State {
        var families: [String: MetricFamily] = [:]
        var help: [String: String] = [:]
        var count = 0
        var dropped = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Sets the `# HELP` text of a metric, before or after it exists.
    package func describe(_ label: String, _ help: String) {
        state.withLock { $0.help[MetricName.metric(label)] = help }
    }

    /// A gauge that is read at each exposition, on the thread that shows it; nil shows nothing.
    package func observe(
        _ label: String, dimensions: [(String, String)] = [], help: String? = nil,
        read: @escaping @Sendable () -> Double?
    ) {
        if let help { describe(label, help) }
        _ = series(label, .gauge, dimensions) { ObservedSeries(read) }
    }

    /// A count kept elsewhere (by the kernel, by a C library) and read at each exposition.
    package func observeCounter(
        _ label: String, dimensions: [(String, String)] = [], help: String? = nil,
        read: @escaping @Sendable () -> Double?
    ) {
        if let help { describe(label, help) }
        _ = series(label, .counter, dimensions) { ObservedSeries(read) }
    }

    /// The whole exposition, format 0.0.4: families by name, series by labels.
    package func render() -> [UInt8] {
        var text = PrometheusText()
        let (families, help, dropped) = state.withLock { ($0.families, $0.help, $0.dropped) }
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            text.header(name: name, kind: family.kind, help: help[name])
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.render(name: name, labels: labels, into: &text)
            }
        }
        if dropped > 0 {
            text.header(
                name: "telemetry_series_dropped", kind: .gauge, help: "Series refused beyond the maximum.")
            text.sample(name: "telemetry_series_dropped", labels: "", value: String(dropped))
        }
        return text.bytes
    }

    /// The series of that name and those labels, made when it is not there. A name that is taken by another
    /// kind gets the kind as suffix, since one name can have only one type.
    private func series<Series: MetricSeries>(
        _ label: String, _ kind: MetricKind, _ dimensions: [(String, String)], make: () -> Series
    ) -> Series {
        let wanted = MetricName.metric(label)
        let labels = MetricName.labels(dimensions)
        return state.withLock { state in
            var name = wanted
            if let family = state.families[name] {
                let known = family.series[labels]
                if let known = known as? Series { return known }
                if family.kind != kind || known != nil {
                    name += "_\(kind.rawValue)"
                    if let known = state.families[name]?.series[labels] as? Series { return known }
                }
            }
            let made = make()
            let family = state.families[name, default: MetricFamily(kind: kind)]
            guard state.count < Self.maxSeries, family.kind == kind, family.series[labels] == nil else {
                state.dropped += 1
                return made
            }
            state.families[name, default: MetricFamily(kind: kind)].series[labels] = made
            state.count += 1
            return made
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
                state.families[name]?.series[labels] = nil
                state.count -= 1
                return
            }
        }
    }

    // MARK: MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, .counter, dimensions) { CounterSeries() }
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, .counter, dimensions) { SumSeries() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, .gauge, dimensions) { GaugeSeries() }
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate { return series(label, .histogram, dimensions) { HistogramSeries.sizes() } }
        return series(label, .gauge, dimensions) { GaugeSeries() }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = label.hasSuffix("seconds") ? label : "\(label)_seconds"
        return series(name, .histogram, dimensions) { HistogramSeries.latencies() }
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}
