import Orders

/// What the demo prints at its end.
enum DemoTables {
    static func funnel(_ funnel: Funnel) -> TextTable {
        var table = TextTable("The people", heads: ["<", "", "<"])
        func row(_ name: String, _ count: Int, _ note: String = "", _ colour: Terminal.Colour? = nil) {
            table.add([
                TextTable.Cell(name), TextTable.Cell(count.grouped, colour), TextTable.Cell(note, .dim),
            ])
        }
        row("people", funnel.people, "\(funnel.validClaims.grouped) of them with a valid claim")
        row("lists shown", funnel.lists, "p50 \(funnel.listMs.p50.asMs), p99 \(funnel.listMs.p99.asMs)")
        row("lists refused", funnel.listsRefused, "bad tickets")
        row(
            "claims answered", funnel.answers.values.reduce(0, +),
            "p50 \(funnel.claimMs.p50.asMs), p99 \(funnel.claimMs.p99.asMs)")
        row("  accepted", funnel.accepted, "", .green)
        row("  repeated, same order", funnel.repeated)
        row("  sold out", funnel.soldOut)
        let kinds = kinds(funnel.refusals)
        row("  refused", funnel.refusedInAll, kinds.first ?? "")
        for more in kinds.dropFirst() { table.add("", "", more) }
        let calls = funnel.callsRepeated.values.reduce(0, +)
        row("calls made again", calls, Self.kinds(funnel.callsRepeated).first ?? "")
        row(
            "wrong answers", funnel.wrongAnswers, Self.kinds(funnel.wrong).first ?? "",
            funnel.wrongAnswers > 0 ? .red : nil)
        if funnel.gaveUp > 0 { row("gave up", funnel.gaveUp, "", .red) }
        if funnel.foundNothing > 0 { row("found nothing to claim", funnel.foundNothing, "", .red) }
        return table
    }

    /// Counts by kind, the most frequent first, a few on a line.
    private static func kinds(_ counts: [String: Int]) -> [String] {
        let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let texts = sorted.map { "\($0.key.replacing("_", with: " ")) \($0.value.grouped)" }
        return stride(from: 0, to: texts.count, by: 5).map { start in
            texts[start..<min(start + 5, texts.count)].joined(separator: ", ")
        }
    }

    /// From the moment a person heard "accepted" to the grant, in ms; by game.
    static func waits(_ acceptances: [Acceptance], _ grants: [GrantLine]) -> [String: [Double]] {
        var heard: [OrderID: UInt64] = [:]
        for acceptance in acceptances {
            heard[acceptance.order] = min(heard[acceptance.order] ?? .max, acceptance.atNs)
        }
        var waits: [String: [Double]] = [:]
        for line in grants where line.count > 0 {
            guard let since = heard[line.order] else { continue }
            // A gift may arrive before the answer does.
            let ns = line.grantedAtNs > since ? line.grantedAtNs - since : 0
            waits[line.game, default: []].append(Double(ns) / 1_000_000)
        }
        return waits.mapValues { $0.sorted() }
    }

    static func percentile(_ sorted: [Double], _ percent: Double) -> Double {
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * percent / 100))]
    }

    static func games(_ report: WorldReport, waits: [String: [Double]]) -> TextTable {
        var table = TextTable(
            "The games, as they saw it (p50 and p99: from \"accepted\" to the gift)",
            heads: [
                "<game", "limit/s", "burst", "highest 1 s", "deliveries", "retries", "asked", "p50", "p99",
            ])
        for game in report.games {
            let isOver = game.windowsOver > 0
            let wait = waits[game.game] ?? []
            table.add([
                TextTable.Cell(game.game), TextTable.Cell(Int(game.perSecond).grouped),
                TextTable.Cell(game.burst.grouped),
                TextTable.Cell(game.highestWindow.grouped, isOver ? .red : .green),
                TextTable.Cell(game.grants.grouped), TextTable.Cell(game.repeats.grouped),
                TextTable.Cell(game.queries.grouped), TextTable.Cell(percentile(wait, 50).asMs),
                TextTable.Cell(percentile(wait, 99).asMs),
            ])
        }
        let all = waits.values.flatMap { $0 }.sorted()
        table.add([
            TextTable.Cell("all together", .bold), TextTable.Cell(Int(report.totalPerSecond).grouped),
            TextTable.Cell(report.totalBurst.grouped),
            TextTable.Cell(report.totalHighestWindow.grouped, report.totalWindowsOver > 0 ? .red : .green),
            TextTable.Cell(report.games.reduce(0) { $0 + $1.grants }.grouped),
            TextTable.Cell(report.games.reduce(0) { $0 + $1.repeats }.grouped),
            TextTable.Cell(report.games.reduce(0) { $0 + $1.queries }.grouped),
            TextTable.Cell(percentile(all, 50).asMs), TextTable.Cell(percentile(all, 99).asMs),
        ])
        return table
    }

    /// The ledger's equation, and what must be nought.
    static func ledger(_ audit: LedgerAudit, _ style: Terminal.Style) -> String {
        let sum =
            "accepted \(audit.accepted.grouped) = granted exactly once \(audit.grantedOnce.grouped)"
            + " + rejected \(audit.rejected.grouped) + expired \(audit.expired.grouped)"
            + " + voided \(audit.voided.grouped) + open \(audit.open.grouped)"
        let holds = audit.addsUp && audit.grantedTwice == 0
        let noughts = [
            ("lost", audit.lost), ("granted twice", audit.grantedTwice), ("oversold", audit.oversold),
            ("windows over a limit", audit.windowsOverLimit), ("gifts promised to nobody", audit.unexpected),
            ("coupons spent twice", audit.spentTwice),
        ]
        let line = noughts.map { style.paint("\($0.0) \($0.1.grouped)", $0.1 == 0 ? .green : .red) }
        return """
            \(style.paint("The ledger, from what clients and games saw", .bold))
              \(style.paint(sum, holds ? .green : .red))\(holds ? "" : "   DOES NOT ADD UP")
              \(line.prefix(3).joined(separator: ", "))
              \(line.dropFirst(3).joined(separator: ", "))
            """
    }
}
