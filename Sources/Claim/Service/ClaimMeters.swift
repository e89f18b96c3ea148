import Metrics

/// What the loops count, made once so that a request looks up no label.
///
/// Shared by all loops: every instrument is safe from any thread.
final class ClaimMeters: Sendable {
    /// Claims and looks by how they were answered.
    private let answers: [String: Counter]
    private let otherAnswers: Counter
    /// One of `answers`, as it is wanted most.
    private let accepted: Counter
    private let answerTime: Timer
    /// Claims a script.
    let batches: Recorder
    private let undecided: Counter
    private let unknown: Counter
    let draws: Counter
    let recalls: Counter
    let swept: Counter
    private let twins: Counter
    private let acknowledged: Counter
    private let unacknowledged: Counter
    private let kafkaTime: Timer

    /// All labels of ``ClaimAnswer``; one that is missing here is counted as `other`.
    static let labels = [
        "accepted", "repeated", "order", "malformed", "unauthorized", "coupon-invalid", "not-yours",
        "coupon-expired", "no-such-gift", "no-such-order", "no-such-route", "not-yet-open", "over",
        "sold-out", "paused", "no-role", "not-a-newcomer", "not-a-player", "not-your-role", "coupon-spent",
        "over-quota", "try-again", "too-many-requests",
    ]

    init() {
        func counter(_ name: String, _ labels: (String, String)...) -> Counter {
            Counter(label: name, dimensions: labels)
        }
        answers = Dictionary(
            uniqueKeysWithValues: Self.labels.map { ($0, counter("claim_answers_total", ("result", $0))) })
        accepted = answers["accepted"] ?? counter("claim_answers_total", ("result", "accepted"))
        otherAnswers = counter("claim_answers_total", ("result", "other"))
        answerTime = Timer(label: "claim_answer")
        batches = Recorder(label: "claim_batch_claims", aggregate: true)
        undecided = counter("claim_batches_failed_total", ("outcome", "not_applied"))
        unknown = counter("claim_batches_failed_total", ("outcome", "unknown"))
        draws = counter("claim_stock_draws_total")
        recalls = counter("claim_stock_recalls_total")
        swept = counter("claim_outbox_swept_total")
        twins = counter("claim_outbox_twins_total")
        acknowledged = counter("claim_kafka_reports_total", ("outcome", "acknowledged"))
        unacknowledged = counter("claim_kafka_reports_total", ("outcome", "failed"))
        kafkaTime = Timer(label: "claim_kafka_ack")
    }

    func answered(_ answer: ClaimAnswer, startedNs: UInt64, nowNs: UInt64) {
        guard case .accepted = answer else {
            return answered(answer.label, startedNs: startedNs, nowNs: nowNs)
        }
        accepted.increment()
        answerTime.recordNanoseconds(Int64(clamping: max(startedNs, nowNs) - startedNs))
    }

    func answered(_ label: String, startedNs: UInt64, nowNs: UInt64) {
        (answers[label] ?? otherAnswers).increment()
        answerTime.recordNanoseconds(Int64(clamping: max(startedNs, nowNs) - startedNs))
    }

    func batchFailed(unknown isUnknown: Bool) {
        (isUnknown ? unknown : undecided).increment()
    }

    func landed(
        _ flight: OrderFlights<ClaimWaiter>.Flight, acknowledged isAcknowledged: Bool, nowNs: UInt64
    ) {
        (isAcknowledged ? acknowledged : unacknowledged).increment()
        guard isAcknowledged else { return }
        if flight.cause == .sweep { twins.increment() }
        kafkaTime.recordNanoseconds(Int64(clamping: nowNs &- flight.producedNs))
    }
}

/// What one loop holds at the moment, as gauges; refreshed with its tick.
struct LoopGauges {
    private let open: Gauge
    private let flights: Gauge
    private let unconfirmed: Gauge
    private let hasLane: Gauge

    init(index: Int) {
        func gauge(_ name: String) -> Gauge { Gauge(label: name, dimensions: [("loop", "\(index)")]) }
        open = gauge("claim_open_requests")
        flights = gauge("claim_orders_awaiting_kafka")
        unconfirmed = gauge("claim_orders_unconfirmed")
        hasLane = gauge("claim_lane_open")
    }

    func show(open: Int, flights: Int, unconfirmed: Int, hasLane: Bool) {
        self.open.record(open)
        self.flights.record(flights)
        self.unconfirmed.record(unconfirmed)
        self.hasLane.record(hasLane ? 1 : 0)
    }
}
