import Metrics
import Orders

/// The deliverer's metrics; all counters, by game and outcome.
struct DeliveryMeters {
    let poison = Counter(label: "hongbao_deliverer_poison_records_total")
    let redisFailures = Counter(label: "hongbao_deliverer_redis_failures_total")
    let kafkaFailures = Counter(label: "hongbao_deliverer_kafka_failures_total")
    let lendFailures = Counter(label: "hongbao_deliverer_lend_failures_total")
    let holes = Counter(label: "hongbao_deliverer_topic_holes_total")
    private var outcomes: [String: [Outcome: Counter]] = [:]

    init(games: [String]) {
        for game in games {
            var counters: [Outcome: Counter] = [:]
            for outcome in Outcome.allCases {
                counters[outcome] = Counter(
                    label: "hongbao_deliverer_outcomes_total",
                    dimensions: [("game", game), ("outcome", outcome.rawValue)])
            }
            outcomes[game] = counters
        }
    }

    func count(_ record: OutcomeRecord) {
        outcomes[record.game]?[record.outcome]?.increment()
    }
}
