import Orders

/// The status of all instances as a page of 100 columns.
struct StatusTable {
    /// Errors shown, the newest of all games.
    static let maxErrors = 5

    let campaign: String
    let sum: StatusSum
    /// Admin ports that did not answer, and why.
    let deaf: [String]

    var text: String { (head + table + errors + notes).joined(separator: "\n") }

    private var head: [String] {
        let names = sum.instances == 1 ? "1 deliverer" : "\(sum.instances) deliverers"
        let parts = [
            campaign, "\(names), \(sum.partitions) partitions",
            "\(Numbers.rate(sum.used)) of \(Numbers.rate(sum.totalLimit)) a second",
            "\(Numbers.count(sum.backlog)) waiting",
        ]
        return [Numbers.cut(parts.filter { !$0.isEmpty }.joined(separator: " · "), TextTable.width), ""]
    }

    private var table: [String] {
        var table = TextTable(left: [0, 9])
        table.add([
            "GAME", "LIMIT", "USED", "BACKLOG", "DRAIN", "OLDEST", "FLIGHT", "RETRY", "P99", "STATE",
        ])
        for game in sum.games {
            table.add([
                Numbers.cut(game.game, 20), Numbers.rate(game.limit), Numbers.rate(game.used),
                Numbers.count(game.backlog), game.drainSeconds.map { Numbers.span(seconds: $0) } ?? "-",
                game.oldestAgeMs.map { Numbers.span(seconds: Double($0) / 1000) } ?? "-",
                "\(Numbers.count(game.inFlight))/\(Numbers.count(game.concurrency))",
                Numbers.count(game.retrying + (game.shelved ?? 0)),
                game.p99Ms > 0 ? Numbers.span(seconds: game.p99Ms / 1000) : "-", Self.state(game),
            ])
        }
        return table.lines
    }

    /// In a word or two what holds a game up.
    static func state(_ game: GameStatus) -> String {
        if game.isPaused {
            guard let gate = game.gate else { return "paused" }
            return "paused by \(gate.by): \(gate.reason)"
        }
        switch game.breaker {
        case .open: return "breaker open"
        case .halfOpen: return "probing"
        case .closed: break
        }
        if let holdMs = game.holdMs { return "told to wait \(Numbers.span(seconds: Double(holdMs) / 1000))" }
        if game.share < game.limit * 0.01, game.backlog > 0 { return "no share" }
        return game.backlog == 0 ? "idle" : "ok"
    }

    private var errors: [String] {
        let all = sum.games.flatMap { game in game.errors.map { (game.game, $0) } }
            .sorted { $0.1.atMs > $1.1.atMs }.prefix(Self.maxErrors)
        guard !all.isEmpty else { return [] }
        var table = TextTable(left: [0, 1, 2, 5])
        for (game, error) in all {
            table.add([
                Numbers.clock(unixMs: error.atMs), Numbers.cut(game, 20), error.order.text,
                "try \(error.attempt)", error.status == 0 ? "-" : "\(error.status)",
                error.answer.isEmpty ? error.reason : "\(error.reason) | \(error.answer)",
            ])
        }
        return ["", "LAST ERRORS (UTC)"] + table.lines
    }

    private var notes: [String] {
        let silent = sum.silent.map { "\($0.owner) delivers nothing: \($0.why)" }
        let deaf = deaf.map { "no answer: \($0)" }
        return silent.isEmpty && deaf.isEmpty
            ? [] : [""] + (silent + deaf).map { Numbers.cut($0, TextTable.width) }
    }
}
