import Metrics

/// The Deliverer's gauges by game, set from the status about once a second.
struct StatusMeters {
    private struct Gauges {
        let backlog: Gauge
        let oldestAge: Gauge
        let inFlight: Gauge
        let limit: Gauge
        let share: Gauge
        let used: Gauge
        let concurrency: Gauge
        let breaker: Gauge
        let paused: Gauge

        init(_ game: String) {
            let labels = [("game", game)]
            backlog = Gauge(label: "hongbao_deliverer_backlog_orders", dimensions: labels)
            oldestAge = Gauge(label: "hongbao_deliverer_oldest_order_seconds", dimensions: labels)
            inFlight = Gauge(label: "hongbao_deliverer_in_flight", dimensions: labels)
            limit = Gauge(label: "hongbao_deliverer_limit_per_second", dimensions: labels)
            share = Gauge(label: "hongbao_deliverer_share_per_second", dimensions: labels)
            used = Gauge(label: "hongbao_deliverer_used_per_second", dimensions: labels)
            concurrency = Gauge(label: "hongbao_deliverer_concurrency", dimensions: labels)
            breaker = Gauge(label: "hongbao_deliverer_breaker", dimensions: labels)
            paused = Gauge(label: "hongbao_deliverer_paused", dimensions: labels)
        }
    }

    private let games: [String: Gauges]

    init(games: [String]) {
        self.games = Dictionary(uniqueKeysWithValues: games.map { ($0, Gauges($0)) })
    }

    func show(_ report: DelivererStatusReport) {
        for game in report.games {
            guard let gauges = games[game.game] else { continue }
            gauges.backlog.record(game.backlog)
            gauges.oldestAge.record(Double(game.oldestAgeMs ?? 0) / 1000)
            gauges.inFlight.record(game.inFlight)
            gauges.limit.record(game.limit)
            gauges.share.record(game.share)
            gauges.used.record(game.used)
            gauges.concurrency.record(game.concurrency)
            gauges.breaker.record(game.breaker.level)
            gauges.paused.record(game.isPaused ? 1 : 0)
        }
    }
}

extension GameStatus.Breaker {
    /// 0 closed, 1 half-open, 2 open.
    var level: Int {
        switch self {
        case .closed: 0
        case .halfOpen: 1
        case .open: 2
        }
    }
}
