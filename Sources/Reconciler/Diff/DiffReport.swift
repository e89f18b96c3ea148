import Wire

/// The report of a comparison: `report.json`, and the table for the eye.
struct DiffReport {
    let outcome: DiffOutcome
    private var sides: [DiffSide] { DiffSide.allCases.filter { outcome.tallies[$0] != nil } }

    private var counts: [(String, Int)] {
        [
            ("should", outcome.distinct(.should)), ("sent", outcome.distinct(.sent)),
            ("queued", outcome.distinct(.queued)), ("delivered", outcome.delivered),
            ("still_queued", outcome.stillQueued), ("missing", outcome.missing),
            ("unexpected", outcome.unexpected), ("queued_not_due", outcome.queuedNotDue),
        ]
    }

    var json: [UInt8] {
        var json = JSONWriter(reserving: 1 << 12)
        json.beginObject()
        for (key, count) in counts {
            json.key(key)
            json.integer(Int64(count))
        }
        json.member("way", outcome.way.rawValue)
        each("lines", &json) { outcome.tallies[$0]?.lines ?? 0 }
        each("duplicates", &json) { outcome.duplicates($0) }
        for kind in FindingKind.allCases {
            each(kind.rawValue, &json) { outcome.tallies[$0]?.counts[kind] ?? 0 }
        }
        json.key("left_out")
        json.beginArray()
        for side in sides {
            for finding in outcome.tallies[side]?.examples ?? [] { Self.write(finding, side, &json) }
        }
        json.endArray()
        json.key("unread")
        json.beginArray()
        for side in sides {
            for reason in outcome.tallies[side]?.unread ?? [] { json.string(reason) }
        }
        json.endArray()
        json.endObject()
        return json.bytes + [UInt8(ascii: "\n")]
    }

    private static func write(_ finding: Finding, _ side: DiffSide, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("kind", finding.kind.rawValue)
        json.member("side", side.rawValue)
        json.member("file", finding.file)
        json.member("line", finding.line)
        json.member("text", finding.text)
        json.endObject()
    }

    private func each(_ key: String, _ json: inout JSONWriter, _ count: (DiffSide) -> Int) {
        json.key(key)
        json.beginObject()
        for side in sides {
            json.key(side.rawValue)
            json.integer(Int64(count(side)))
        }
        json.endObject()
    }

    var table: String {
        var rows = counts.map { [$0.0.replacing("_", with: " "), "\($0.1)"] }
        for side in sides {
            rows.append(["duplicates in \(side.rawValue)", "\(outcome.duplicates(side))"])
            let tally = outcome.tallies[side] ?? Tally()
            rows.append(["left out of \(side.rawValue)", "\(tally.leftOut)"])
            for kind in FindingKind.allCases {
                guard let count = tally.counts[kind] else { continue }
                rows.append(["  \(kind.rawValue.replacing("_", with: " "))", "\(count)"])
            }
            if !tally.unread.isEmpty {
                rows.append(["not read whole of \(side.rawValue)", "\(tally.unread.count)"])
            }
        }
        if outcome.reused > 0 { rows.append(["parts read earlier", "\(outcome.reused)/\(outcome.shards)"]) }
        return Console.table(rows)
    }
}
