import Orders

/// Limits and pauses for a person.
struct LimitsTable {
    let document: LimitsDocument
    /// A game, `total`, or nil: all of them.
    let only: String?
    let nowMs: Int64

    init(_ document: LimitsDocument, only: String?, nowMs: Int64) {
        self.document = document
        self.only = only
        self.nowMs = nowMs
    }

    var text: String {
        var table = TextTable(left: [0, 4])
        table.add(["GAME", "PER SECOND", "BURST", "CONCURRENCY", ""])
        for entry in [document.total] + document.games {
            let name = entry.game ?? DeskRoutes.total
            if let only, only != name { continue }
            let limit = entry.limit
            table.add([
                name, Numbers.rate(limit.perSecond), Numbers.count(limit.burst),
                limit.maxConcurrency.map(Numbers.count) ?? "", words(entry),
            ])
        }
        return table.lines.joined(separator: "\n")
    }

    private func words(_ entry: LimitsDocument.Entry) -> String {
        var words = [String]()
        if entry.isPaused { words.append("paused" + (entry.gate.map { " " + who($0) } ?? "")) }
        if let set = entry.set {
            words.append("set \(who(set)); file \(Numbers.rate(entry.file.perSecond))/s")
        }
        return words.joined(separator: " · ")
    }

    private func who(_ act: OperatorActs.Act) -> String {
        "by \(act.by) \(Numbers.span(seconds: Double(nowMs - act.atMs) / 1000)) ago: \(act.reason)"
    }
}
