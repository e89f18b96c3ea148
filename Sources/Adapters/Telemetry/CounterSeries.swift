import Atomics
import CoreMetrics

/// A count that only grows.
final class CounterSeries: CounterHandler, MetricSeries {
    private let count = ManagedAtomic<Int64>(0)

    func increment(by amount: Int64) {
        count.wrappingIncrement(by: amount, ordering: .relaxed)
    }

    func reset() {
        count.store(0, ordering: .relaxed)
    }

    func render(name: String, labels: String, into text: inout PrometheusText) {
        text.sample(name: name, labels: labels, value: String(count.load(ordering: .relaxed)))
    }
}

/// A sum that only grows; what is negative or no number is left out.
final class SumSeries: FloatingPointCounterHandler, MetricSeries {
    private let sum = AtomicDouble()

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        sum.add(amount)
    }

    func reset() {
        sum.store(0)
    }

    func render(name: String, labels: String, into text: inout PrometheusText) {
        text.sample(name: name, labels: labels, value: PrometheusText.number(sum.load()))
    }
}
