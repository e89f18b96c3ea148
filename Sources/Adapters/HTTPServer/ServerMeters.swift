import Metrics

/// What one loop counted since the last sweep; plain integers, so that a request costs no atomic.
struct ServerTally {
    var opened = 0
    var closed = 0
    var refused = 0
    /// By the status' first digit, 2...5 used.
    var answers = (0, 0, 0, 0)

    mutating func answered(_ status: Int) {
        switch status {
        case ..<300: answers.0 += 1
        case ..<400: answers.1 += 1
        case ..<500: answers.2 += 1
        default: answers.3 += 1
        }
    }
}

/// The metrics of one server, shared by its loops.
struct ServerMeters: Sendable {
    private let accepted: Counter
    private let refused: Counter
    private let ended: Counter
    private let answers: [Counter]

    init(server: String) {
        let label = ("server", server)
        accepted = Counter(label: "http_connections_opened_total", dimensions: [label])
        ended = Counter(label: "http_connections_closed_total", dimensions: [label])
        refused = Counter(label: "http_connections_refused_total", dimensions: [label])
        answers = ["2xx", "3xx", "4xx", "5xx"].map {
            Counter(label: "http_responses_total", dimensions: [label, ("class", $0)])
        }
    }

    /// Adds a tally and sets it to zero.
    func take(_ tally: inout ServerTally) {
        let counts = [tally.answers.0, tally.answers.1, tally.answers.2, tally.answers.3]
        for (counter, count) in zip(answers, counts) where count > 0 { counter.increment(by: count) }
        if tally.opened > 0 { accepted.increment(by: tally.opened) }
        if tally.closed > 0 { ended.increment(by: tally.closed) }
        if tally.refused > 0 { refused.increment(by: tally.refused) }
        tally = ServerTally()
    }
}
