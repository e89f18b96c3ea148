import CoreMetrics

/// A value that goes up and down.
final class GaugeSeries: MeterHandler, RecorderHandler, MetricSeries {
    private let value = AtomicDouble()

    func set(_ value: Int64) { self.value.store(Double(value)) }
    func set(_ value: Double) { self.value.store(value) }
    func increment(by amount: Double) { value.add(amount) }
    func decrement(by amount: Double) { value.add(-amount) }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }

    func render(name: String, labels: String, into text: inout PrometheusText) {
        text.sample(name: name, labels: labels, value: PrometheusText.number(value.load()))
    }
}

/// A value that is read when it is asked for.
final class ObservedSeries: MetricSeries {
    private let read: @Sendable () -> Double?

    init(_ read: @escaping @Sendable () -> Double?) {
        self.read = read
    }

    /// Nothing when there is no value now.
    func render(name: String, labels: String, into text: inout PrometheusText) {
        guard let value = read() else { return }
        text.sample(name: name, labels: labels, value: PrometheusText.number(value))
    }
}
