import Orders

/// The outcome of a delivery torture for people to read.
enum DeliverReport {
    static func text(_ result: TortureDeliver.Result, _ style: Terminal.Style) -> String {
        var books = TextTable("What must hold", heads: ["<", "<statement", "<found"])
        for line in result.audit.lines {
            books.add([
                .init(line.holds ? "✓" : "✗", line.holds ? .green : .red), .init(line.statement),
                .init(line.found),
            ])
        }
        var receivers = TextTable(
            "What the receivers saw", heads: ["<game", "<kind", "requests", "highest 1 s", "windows over"])
        for (slot, window) in result.audit.windows.enumerated() {
            let kind = slot < DeliverCampaign.kinds.count ? DeliverCampaign.kinds[slot].rawValue : ""
            receivers.add(
                window.name, kind, window.requests.grouped, window.highest.grouped,
                window.windowsOver.grouped)
        }
        var blows = TextTable("What was done", heads: ["<blow", "times"])
        for blow in result.blows { blows.add(blow.name, "\(blow.count)") }
        var out = ["", blows.text(style), "", receivers.text(style), "", books.text(style), ""]
        let answers = result.tallies.filter { $0.count > 0 }.map { "\($0.name) \($0.count.grouped)" }
        out.append("  games: \(answers.joined(separator: ", "))")
        let restarts = result.restarts.map { "\($0.name) \($0.count)" }
        out.append("  started again: \(restarts.joined(separator: ", "))")
        out.append(
            "  parked and granted all the same: \(result.audit.parkedAndGranted.grouped), poison kept: "
                + "\(result.audit.poison)")
        let delivered = result.audit.classes[.delivered] ?? 0
        let rate = Int(Double(delivered) / result.deliverySeconds).grouped
        out.append(
            "  \(Int(result.seconds)) s, \(rate) delivered a "
                + "second, blows and recoveries included")
        out += result.skipped.map { "  " + style.paint("SKIPPED: \($0)", .yellow) }
        out += result.audit.examples.map { "  wrong: \($0)" }
        out += result.unclean.map { "  verify \($0)" }
        if let words = result.setRight {
            out.append("  set right by reconciler rebuild --redis, before the books were opened:\n\(words)")
        }
        return out.joined(separator: "\n")
    }
}
