import ArgumentParser
import Catalog
import Orders
import Telemetry

extension AuditKind: ExpressibleByArgument {}

/// `reconciler audit`: who did what, when and why.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Lists who did what, when and why, as the control topic tells it; the newest last.",
        discussion: """
            Limits, pauses, stock, approvals, redrives, resends, settlings, parked orders, rebuilds and \
            runs that somebody asked for. The topic is only ever appended to: an act that was taken back \
            stands there with the one that did. A line tells what was meant; whoever wrote it may have \
            failed before it was done, and `begun` without `done` says so.

            Exit codes: 0; 69 Kafka cannot be reached; 78 a setting will not do.
            """)

    @Option(help: ArgumentHelp("The settings file (YAML).", valueName: "file"))
    var config: String
    @Option(
        help: ArgumentHelp("Only what this operator did; may be given more than once.", valueName: "name"))
    var by: [String] = []
    @Option(help: ArgumentHelp("Only acts of this kind; may be given more than once.", valueName: "kind"))
    var kind: [AuditKind] = []
    @Option(help: ArgumentHelp("Only what concerns this game; may be given more than once.", valueName: "id"))
    var game: [String] = []
    @Option(
        help: ArgumentHelp("Only since then: 2026-02-16T20:00:00+08:00, or 48h ago.", valueName: "time"))
    var since: String?
    @Flag(help: "A JSON object a line instead of a table.")
    var json = false

    func validate() throws {
        guard since.map({ AuditFilter.since($0, nowMs: 0) != nil }) ?? true else {
            throw ValidationError("--since takes an RFC 3339 time, or how long ago as 90m, 48h, 7d.")
        }
    }

    func run() async throws {
        try await ReconcilerFault.exiting {
            let (reading, catalog) = try await CampaignStores.offline(config) {
                (try await ControlReading.read($0), $0.catalog)
            }
            var filter = AuditFilter(by: Set(by), kinds: Set(kind), games: Set(game))
            filter.sinceMs = since.flatMap { AuditFilter.since($0, nowMs: SystemClock.nowMs) }
            let lines = reading.records.compactMap { entry in
                AuditLine(entry.record) { gift in
                    catalog.gift(id: gift).map { catalog.games[Int($0.game)].id }
                }
            }.filter(filter.lets)
            for line in lines where json { Console.put(line.json() + [UInt8(ascii: "\n")]) }
            if reading.unreadable > 0 { Console.warn("\(reading.unreadable) records cannot be read") }
            guard !json else { return }
            guard !lines.isEmpty else { return Console.say("no such acts") }
            Console.say(Self.table(lines))
        }
    }

    /// Columns to the left; the last one as long as it is.
    static func table(_ lines: [AuditLine]) -> String {
        let rows = [["time", "kind", "by", "what", "why"]] + lines.map(\.cells)
        let widths = (0..<4).map { column in rows.reduce(0) { max($0, $1[column].count) } }
        return rows.map { row in
            row.enumerated().map { column, cell in
                column < 4 ? cell + String(repeating: " ", count: widths[column] - cell.count) : cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
