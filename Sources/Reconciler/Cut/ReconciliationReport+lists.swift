import Catalog
import Orders
import Wire

extension ReconciliationReport {
    /// Counts of what stands beside the classes.
    var beside: [(key: String, count: Int)] {
        [
            ("doubled_count", verdict.doubled.count), ("conflicting_count", verdict.conflicts.count),
            ("nameless_count", verdict.nameless.count), ("numbers", verdict.numbers),
            ("numbers_never_used", verdict.burnt),
        ]
    }

    /// What is missing, and what came out and was never due.
    func lists(_ json: inout JSONWriter) {
        json.key("missing")
        json.beginArray()
        for missing in verdict.missing.prefix(Self.maxListed) {
            json.beginObject()
            json.key("order")
            json.string(missing.order.id.text)
            json.key("game")
            json.string(catalog.games[Int(missing.game)].id)
            json.key("gift")
            json.string(catalog.gifts[Int(missing.order.gift)].id)
            json.key("claimed_at")
            json.integer(missing.order.claimedAtMs)
            json.key("reason")
            json.string(missing.reason.rawValue)
            json.key("asks_first")
            json.bool(missing.asksFirst)
            json.endObject()
        }
        json.endArray()
        json.key("unexpected")
        json.beginArray()
        for unexpected in verdict.unexpected.prefix(Self.maxListed) {
            json.beginObject()
            json.key("order")
            json.string(unexpected.id.text)
            json.key("game")
            json.string(catalog.games[Int(unexpected.game)].id)
            json.key("outcome")
            if let outcome = unexpected.outcome { json.string(outcome.rawValue) } else { json.null() }
            json.key("source")
            json.string(unexpected.source.rawValue)
            json.endObject()
        }
        json.endArray()
    }

    /// What nobody holds, was granted twice, or is told in two ways, and the statements that say so.
    func besides(_ json: inout JSONWriter) {
        json.key("nameless")
        json.beginArray()
        for nameless in verdict.nameless.prefix(Self.maxListed) {
            json.beginObject()
            json.key("order")
            json.string(nameless.id.text)
            json.key("state")
            json.string(nameless.state.name)
            json.endObject()
        }
        json.endArray()
        json.key("doubled")
        json.beginArray()
        for doubled in verdict.doubled.prefix(Self.maxListed) {
            json.beginObject()
            json.key("order")
            json.string(doubled.id.text)
            json.key("game")
            json.string(catalog.games[Int(doubled.game)].id)
            json.key("times")
            json.integer(Int64(doubled.times))
            json.key("here")
            if let place = doubled.place { json.string(place.rawValue) } else { json.null() }
            json.endObject()
        }
        json.endArray()
        conflicts(&json)
        statements(&json)
    }

    private func conflicts(_ json: inout JSONWriter) {
        json.key("conflict_counts")
        json.beginObject()
        let counts = Dictionary(uniqueKeysWithValues: verdict.conflictCounts.map { ($0.kind, $0.orders) })
        for kind in Conflict.Kind.allCases {
            json.key(kind.rawValue)
            json.integer(Int64(counts[kind] ?? 0))
        }
        json.endObject()
        json.key("conflicting")
        json.beginArray()
        for conflict in verdict.conflicts.prefix(Self.maxListed) {
            json.beginObject()
            json.key("order")
            json.string(conflict.id.text)
            json.key("game")
            json.string(catalog.games[Int(conflict.game)].id)
            json.key("kind")
            json.string(conflict.kind.rawValue)
            json.key("says")
            json.beginObject()
            for (index, word) in conflict.words.enumerated() {
                let name = word.source.rawValue
                json.key(index > 0 && conflict.words[0].source == word.source ? name + "_too" : name)
                json.string(word.says)
            }
            json.endObject()
            json.endObject()
        }
        json.endArray()
    }

    private func statements(_ json: inout JSONWriter) {
        json.key("statements")
        json.beginArray()
        for (game, statement) in cut.statements.sorted(by: { $0.key < $1.key }) {
            json.beginObject()
            json.key("game")
            json.string(catalog.games[Int(game)].id)
            json.key("file")
            json.string(statement.file)
            json.key("made_at")
            json.integer(statement.madeAtMs)
            let counts: [(StaticString, Int)] = [
                ("lines", statement.lines), ("orders", statement.orders),
                ("malformed", statement.malformed),
            ]
            for (key, count) in counts {
                json.key(key)
                json.integer(Int64(count))
            }
            json.key("malformed_lines")
            json.beginArray()
            for example in statement.examples.prefix(Finding.maxExamples) {
                json.beginObject()
                json.key("file")
                json.string(example.file)
                json.key("line")
                json.integer(Int64(example.line))
                json.key("text")
                json.string(example.text)
                json.endObject()
            }
            json.endArray()
            json.endObject()
        }
        json.endArray()
    }

    /// One line for people: who says what.
    func words(_ conflict: Conflict) -> String {
        let says = conflict.words.map { "\($0.source.rawValue): \($0.says)" }.joined(separator: "; ")
        let game = catalog.games[Int(conflict.game)].id
        return "\(conflict.id.text) \(game) \(conflict.kind.rawValue): \(says)"
    }
}
