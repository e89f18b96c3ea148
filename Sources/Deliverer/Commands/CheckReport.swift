import Catalog
import Wire

/// What `deliverer check` has found, for a terminal of 100 columns or as JSON.
struct CheckReport {
    let campaign: String
    let games: [GameCheck]
    /// Of the campaign's files, where they cannot be used at all.
    private let fileFaults: [CatalogFault]
    private let summary: String

    init(faults: [CatalogFault]) {
        campaign = ""
        games = []
        fileFaults = faults
        summary = "the campaign's files cannot be used"
    }

    init(_ catalog: Catalog, _ setting: GameCheck.Setting) {
        campaign = catalog.campaign.id
        games = catalog.games.map { GameCheck($0, catalog, setting) }
        fileFaults = []
        let sum = catalog.games.reduce(0) { $0 + $1.limit.perSecond }
        let total = catalog.campaign.totalLimit.perSecond
        let number = "\(games.count) game\(games.count == 1 ? "" : "s")"
        summary =
            "\(number), limits \(Numbers.rate(sum))/s in all, total \(Numbers.rate(total))/s, private "
            + "addresses " + (setting.allowsPrivate ? "allowed" : "refused")
    }

    var faults: [CatalogFault] { fileFaults + games.flatMap(\.faults) }
    var warnings: [CatalogFault] { games.flatMap(\.warnings) }
    var hasFaults: Bool { !faults.isEmpty }

    // MARK: - For people

    private static let gap = 7

    var text: String {
        var lines = [campaign.isEmpty ? summary : "\(campaign): \(summary)", ""]
        let width = games.map(\.game.id.count).max() ?? 0
        for check in games {
            lines += Self.lines(check, width)
            lines += check.faults.flatMap { Self.line("fault", $0) }
            lines += check.warnings.flatMap { Self.line("warn", $0) }
        }
        lines += fileFaults.flatMap { Self.line("fault", $0) }
        let counts = [(faults.count, "fault"), (warnings.count, "warning")].map { count, name in
            "\(count) \(name)\(count == 1 ? "" : "s")"
        }
        return (lines + ["", counts.joined(separator: ", ")]).joined(separator: "\n")
    }

    private static func lines(_ check: GameCheck, _ width: Int) -> [String] {
        guard check.faults.isEmpty else { return [] }
        func pad(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        let start = pad("ok", gap) + pad(check.game.id, width) + "  "
        let under = String(repeating: " ", count: start.count)
        let room = TextTable.width - start.count
        var lines = [start + Numbers.cut("\(check.method) \(check.url)", room)]
        if let query = check.query { lines.append(under + Numbers.cut("asked at \(query)", room)) }
        let facts = [check.answers, check.signature, check.tls, check.version]
        return lines + wrapped(facts.joined(separator: " · "), room).map { under + $0 }
    }

    /// Not cut: the end of a reason is what helps.
    private static func line(_ kind: String, _ fault: CatalogFault) -> [String] {
        let start = kind + String(repeating: " ", count: gap - kind.count)
        let under = String(repeating: " ", count: gap)
        return wrapped(fault.description, TextTable.width - gap).enumerated().map { index, line in
            (index == 0 ? start : under) + line
        }
    }

    /// At blanks; a word that is too long stands alone.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    // MARK: - For machines

    var json: String {
        var json = JSONWriter(reserving: 1024)
        json.beginObject()
        json.key("campaign")
        json.string(campaign)
        json.key("ok")
        json.bool(!hasFaults)
        json.key("games")
        json.beginArray()
        for check in games { Self.write(check, to: &json) }
        json.endArray()
        json.key("findings")
        json.beginArray()
        for (level, findings) in [("fault", faults), ("warning", warnings)] {
            for finding in findings {
                json.beginObject()
                json.key("level")
                json.string(level)
                json.key("file")
                json.string(finding.file)
                json.key("path")
                json.string(finding.path)
                json.key("reason")
                json.string(finding.reason)
                json.endObject()
            }
        }
        json.endArray()
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private static func write(_ check: GameCheck, to json: inout JSONWriter) {
        json.beginObject()
        json.key("game")
        json.string(check.game.id)
        json.key("ok")
        json.bool(check.faults.isEmpty)
        json.key("method")
        json.string(check.method)
        json.key("url")
        json.string(check.url)
        if let query = check.query {
            json.key("query")
            json.string(query)
        }
        for (name, value) in [
            ("answers", check.answers), ("signature", check.signature), ("tls", check.tls),
            ("http", check.version),
        ] {
            json.key(name)
            json.string(value)
        }
        json.key("per_second")
        json.double(check.game.limit.perSecond)
        json.key("burst")
        json.integer(Int64(check.game.limit.burst))
        json.endObject()
    }
}
