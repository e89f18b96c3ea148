/// The outcome of a torture for people to read.
enum TortureReport {
    static func text(_ result: Torture.Result, _ style: Terminal.Style) -> String {
        var table = TextTable("What must hold", heads: ["<statement", "<found", "<"])
        for line in result.audit.lines {
            table.add([
                .init(line.statement), .init(line.found),
                .init(line.holds ? "holds" : "DOES NOT HOLD", line.holds ? .green : .red),
            ])
        }
        let notes = result.notes
        let answers = notes.answers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.grouped)" }
        let standings = [
            "\(notes.count(.hasOrder).grouped) have an order", "\(notes.count(.soldOut).grouped) sold out",
            "\(notes.count(.spent).grouped) spent otherwise", "\(notes.count(.refused).grouped) refused",
            "\(notes.count(.open).grouped) open",
        ]
        let restarts = result.restarts.map { "\($0.name) \($0.count)" }
        let rate = Double(result.progress.begun + result.progress.extra) / result.seconds
        var out = ["", table.text(style), ""]
        out.append("  answers: \(answers.joined(separator: ", ")), none: \(notes.unanswered.grouped)")
        out.append("  coupons: \(standings.joined(separator: ", "))")
        out.append("  twins in Kafka: \(result.audit.twins.grouped), voided: \(result.audit.voided.grouped)")
        out.append("  started again: \(restarts.joined(separator: ", "))")
        out.append("  \(Int(result.seconds)) s, \(Int(rate).grouped) attempts a second")
        out += notes.complaints.map { "  wrong: \($0)" }
        out += result.unclean.map { "  verify \($0)" }
        return out.joined(separator: "\n")
    }
}
