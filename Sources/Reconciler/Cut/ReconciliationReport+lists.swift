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
        json.objects("missing", verdict.missing.prefix(Self.maxListed)) { json, missing in
            json.member("order", missing.order.id.text)
            json.member("game", catalog.games[Int(missing.game)].id)
            json.member("gift", catalog.gifts[Int(missing.order.gift)].id)
            json.member("claimed_at", missing.order.claimedAtMs)
            json.member("reason", missing.reason.rawValue)
            json.member("asks_first", missing.asksFirst)
        }
        json.objects("unexpected", verdict.unexpected.prefix(Self.maxListed)) { json, unexpected in
            json.member("order", unexpected.id.text)
            json.member("game", catalog.games[Int(unexpected.game)].id)
            json.member("outcome", unexpected.outcome?.rawValue)
            json.member("source", unexpected.source.rawValue)
        }
    }

    /// What nobody holds, was granted twice, or is told in two ways, and the statements that say so.
    func besides(_ json: inout JSONWriter) {
        json.objects("nameless", verdict.nameless.prefix(Self.maxListed)) { json, nameless in
            json.member("order", nameless.id.text)
            json.member("state", nameless.state.name)
        }
        json.objects("doubled", verdict.doubled.prefix(Self.maxListed)) { json, doubled in
            json.member("order", doubled.id.text)
            json.member("game", catalog.games[Int(doubled.game)].id)
            json.member("times", doubled.times)
            json.member("here", doubled.place?.rawValue)
        }
        conflicts(&json)
        statements(&json)
    }

    private func conflicts(_ json: inout JSONWriter) {
        let counts = Dictionary(uniqueKeysWithValues: verdict.conflictCounts.map { ($0.kind, $0.orders) })
        json.key("conflict_counts")
        json.object { json in
            for kind in Conflict.Kind.allCases {
                json.key(kind.rawValue)
                json.integer(Int64(counts[kind] ?? 0))
            }
        }
        json.objects("conflicting", verdict.conflicts.prefix(Self.maxListed)) { json, conflict in
            json.member("order", conflict.id.text)
            json.member("game", catalog.games[Int(conflict.game)].id)
            json.member("kind", conflict.kind.rawValue)
            json.key("says")
            json.object { json in
                for (index, word) in conflict.words.enumerated() {
                    let name = word.source.rawValue
                    json.key(index > 0 && conflict.words[0].source == word.source ? name + "_too" : name)
                    json.string(word.says)
                }
            }
        }
    }

    private func statements(_ json: inout JSONWriter) {
        let statements = cut.statements.sorted { $0.key < $1.key }
        json.objects("statements", statements) { json, entry in
            let statement = entry.value
            json.member("game", catalog.games[Int(entry.key)].id)
            json.member("file", statement.file)
            json.member("made_at", statement.madeAtMs)
            json.member("lines", statement.lines)
            json.member("orders", statement.orders)
            json.member("malformed", statement.malformed)
            json.objects("malformed_lines", statement.examples.prefix(Finding.maxExamples)) { json, line in
                json.member("file", line.file)
                json.member("line", line.line)
                json.member("kind", line.kind.rawValue)
                json.member("text", line.text)
            }
        }
    }

    /// One line for people: who says what.
    func words(_ conflict: Conflict) -> String {
        let says = conflict.words.map { "\($0.source.rawValue): \($0.says)" }.joined(separator: "; ")
        let game = catalog.games[Int(conflict.game)].id
        return "\(conflict.id.text) \(game) \(conflict.kind.rawValue): \(says)"
    }
}
