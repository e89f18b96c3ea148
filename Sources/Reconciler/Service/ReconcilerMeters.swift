import Metrics

/// The reconciler's metrics. Gauges are of the newest run, whichever process made it.
struct ReconcilerMeters: Sendable {
    let runs = Counter(label: "hongbao_reconciler_runs_total")
    let failures = Counter(label: "hongbao_reconciler_failed_runs_total")
    let lostLeases = Counter(label: "hongbao_reconciler_lost_leases_total")
    private let isRunner = Gauge(label: "hongbao_reconciler_running")
    private let unexpected = Gauge(label: "hongbao_reconciler_unexpected_orders")
    private let doubled = Gauge(label: "hongbao_reconciler_doubled_orders")
    private let conflicting = Gauge(label: "hongbao_reconciler_conflicting_orders")
    private let nameless = Gauge(label: "hongbao_reconciler_nameless_orders")
    private let oldest = Gauge(label: "hongbao_reconciler_oldest_unresolved_seconds")
    private let seconds = Gauge(label: "hongbao_reconciler_run_seconds")
    private let cutAt = Gauge(label: "hongbao_reconciler_cut_timestamp_seconds")
    private let classes: [OrderClass: Gauge] = Dictionary(
        uniqueKeysWithValues: OrderClass.allCases.map { place in
            (place, Gauge(label: "hongbao_reconciler_orders", dimensions: [("class", place.rawValue)]))
        })
    private let alarms: [RunAlarm.Kind: Gauge] = Dictionary(
        uniqueKeysWithValues: RunAlarm.Kind.allCases.map { kind in
            (kind, Gauge(label: "hongbao_reconciler_alarm", dimensions: [("alarm", kind.rawValue)]))
        })

    func show(_ run: RunSummary) {
        unexpected.record(run.unexpected)
        doubled.record(run.doubled)
        conflicting.record(run.conflicting)
        nameless.record(run.nameless)
        oldest.record(Double(run.oldestAgeMs) / 1000)
        seconds.record(Double(run.endedAtMs - run.begunAtMs) / 1000)
        cutAt.record(Double(run.cutAtMs) / 1000)
        for (place, gauge) in classes { gauge.record(run.classes[place.rawValue] ?? 0) }
        for (kind, gauge) in alarms { gauge.record(run.alarms.contains { $0.kind == kind } ? 1 : 0) }
    }

    func show(isRunning: Bool) { isRunner.record(isRunning ? 1 : 0) }
}
