import Catalog
import Kafka
import Orders
import Wire

/// A verdict for people and programs: `report.json`, the table, and what the admin port shows.
struct ReconciliationReport: Sendable {
    /// Orders that each list holds; all are counted.
    static let maxListed = 1000
    /// Conflicts in the table.
    static let maxShown = 20

    let catalog: Catalog
    let cut: Cut
    let verdict: Verdict
    let tooYoungMs: Int64

    /// Nothing is missing, unexpected, doubled or conflicting.
    var isClean: Bool { verdict.isClean }

    func json() -> [UInt8] {
        var json = JSONWriter(reserving: 1 << 14)
        json.beginObject()
        json.member("v", 1)
        json.member("campaign", catalog.campaign.id)
        json.member("at", verdict.atMs)
        json.member("too_young_ms", tooYoungMs)
        json.member("duration_ms", cut.durationMs)
        json.member("read_ms", cut.readMs)
        json.member("accepted", verdict.accepted)
        json.key("classes")
        Self.classes(verdict.counts, &json)
        json.member("unexpected_count", verdict.unexpected.count)
        for (key, count) in beside {
            json.key(key)
            json.integer(Int64(count))
        }
        json.member("foreign_claims", cut.foreignClaims)
        games(&json)
        lists(&json)
        besides(&json)
        sources(&json)
        json.endObject()
        return json.bytes + [UInt8(ascii: "\n")]
    }

    private static func classes(_ counts: [OrderClass: Int], _ json: inout JSONWriter) {
        json.beginObject()
        for place in OrderClass.allCases {
            json.key(place.rawValue)
            json.integer(Int64(counts[place] ?? 0))
        }
        json.endObject()
    }

    private func games(_ json: inout JSONWriter) {
        json.key("games")
        json.beginArray()
        for (name, counts) in rows {
            json.beginObject()
            json.member("game", name)
            json.member("accepted", counts.values.reduce(0, +))
            json.key("classes")
            Self.classes(counts, &json)
            json.endObject()
        }
        json.endArray()
    }

    private func sources(_ json: inout JSONWriter) {
        json.key("sources")
        json.beginArray()
        for source in cut.sources {
            json.beginObject()
            json.member("topic", source.partition.topic)
            json.member("partition", source.partition.partition)
            json.member("low", source.low)
            json.member("committed", source.committed)
            json.member("end", source.end)
            json.member("records", source.records)
            json.member("unreadable", source.unreadable)
            json.endObject()
        }
        json.endArray()
    }

    /// The classes by game; orders of which nobody knows whose they were come last, where there are any.
    private var rows: [(name: String, counts: [OrderClass: Int])] {
        let games = catalog.games.map { (name: $0.id, counts: verdict.byGame[Int($0.slot)]) }
        let nobodys = verdict.byGame.last ?? [:]
        return nobodys.isEmpty ? games : games + [(name: "(unknown)", counts: nobodys)]
    }

    /// Classes that hold anything, by game, and the sums.
    func table() -> String {
        let shown = OrderClass.allCases.filter { verdict[$0] > 0 || $0 == .delivered || $0 == .missing }
        var rows = [["game", "accepted"] + shown.map(\.rawValue)]
        for (name, counts) in self.rows {
            rows.append([name, "\(counts.values.reduce(0, +))"] + shown.map { "\(counts[$0] ?? 0)" })
        }
        rows.append(["all", "\(verdict.accepted)"] + shown.map { "\(verdict[$0])" })
        var text = Console.table(rows)
        text +=
            "\n\(verdict.accepted) accepted = "
            + shown.map { "\(verdict[$0]) \($0.rawValue)" }.joined(separator: " + ")
        text += "\nunexpected \(verdict.unexpected.count), doubled \(verdict.doubled.count)"
        text += ", conflicting \(verdict.conflicts.count)"
        for (kind, orders) in verdict.conflictCounts { text += "\n  \(kind.rawValue) \(orders)" }
        for conflict in verdict.conflicts.prefix(Self.maxShown) { text += "\n  " + words(conflict) }
        text += verdict.conflicts.count > Self.maxShown ? "\n  …\n" : "\n"
        if !verdict.nameless.isEmpty { text += "of the missing nobody holds \(verdict.nameless.count), " }
        if verdict.burnt > 0 { text += "numbers never used \(verdict.burnt), " }
        let unreadable = cut.sources.reduce(0) { $0 + $1.unreadable }
        if unreadable > 0 { text += "unreadable records \(unreadable), " }
        if cut.foreignClaims > 0 { text += "claims that the catalog does not know \(cut.foreignClaims), " }
        let judgedMs = cut.durationMs - cut.readMs
        text += "read in \(cut.readMs) ms, judged in \(judgedMs) ms"
        return text + ", at \(UTCTimestamp.rfc3339(unixMs: verdict.atMs))"
    }
}
