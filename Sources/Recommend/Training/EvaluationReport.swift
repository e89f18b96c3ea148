import Catalog
import Wire

/// An evaluation as a table for people and as JSON for programs.
struct EvaluationReport {
    private let evaluation: Evaluation
    private let log: ClaimLog
    private let holdOut: HoldOut

    init(_ evaluation: Evaluation, log: ClaimLog, holdOut: HoldOut) {
        self.evaluation = evaluation
        self.log = log
        self.holdOut = holdOut
    }

    /// Claims asked about.
    var asked: Int { evaluation.qualities[.learned]?.lists ?? 0 }

    var lines: [String] {
        let popularity = evaluation.qualities[.popularity]?.ndcg ?? 0
        var rows = [["order", "NDCG@10", "±", "recall@10", "coverage", "÷ popularity"]]
        for order in Evaluation.Order.allCases {
            guard let quality = evaluation.qualities[order] else { continue }
            let ratio = popularity > 0 ? Self.fixed(quality.ndcg / popularity, 2) : "-"
            rows.append([
                order.rawValue, Self.fixed(quality.ndcg, 4), Self.fixed(quality.ndcgError, 4),
                Self.fixed(quality.recall, 4), Self.fixed(quality.coverage, 3), ratio,
            ])
        }
        let head =
            "\(log.count) visits of \(log.users.count) people; learned from \(evaluation.choices) choices, "
            + "asked about \(asked) claims held back (\(holdOut.description))"
        return [head] + Self.table(rows)
    }

    var json: [UInt8] {
        var json = JSONWriter(reserving: 1024)
        json.beginObject()
        json.key("campaign")
        json.string(log.catalog.campaign.id)
        json.key("holdout")
        json.string(holdOut.description)
        let counts: [(StaticString, Int)] = [
            ("visits", log.count), ("people", log.users.count), ("choices_learned_from", evaluation.choices),
            ("claims_asked_about", asked),
        ]
        for (name, count) in counts {
            json.key(name)
            json.integer(Int64(count))
        }
        json.key("orders")
        json.beginArray()
        for order in Evaluation.Order.allCases {
            guard let quality = evaluation.qualities[order] else { continue }
            json.beginObject()
            json.key("order")
            json.string(order.rawValue)
            let values: [(StaticString, Double)] = [
                ("ndcg_at_10", quality.ndcg), ("ndcg_standard_error", quality.ndcgError),
                ("recall_at_10", quality.recall), ("coverage", quality.coverage),
            ]
            for (name, value) in values {
                json.key(name)
                json.double(value)
            }
            json.endObject()
        }
        json.endArray()
        json.key("learned_to_popularity")
        json.double(evaluation.learnedToPopularity)
        json.endObject()
        return json.bytes
    }

    // MARK: - Text

    /// Columns as wide as their widest cell; the first to the left, numbers to the right.
    private static func table(_ rows: [[String]]) -> [String] {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let gap = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + gap : gap + cell
            }.joined(separator: "  ")
        }
    }

    static func fixed(_ value: Double, _ decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let whole = Int((value * scale).rounded())
        let digits = String(whole % Int(scale))
        return "\(whole / Int(scale))." + String(repeating: "0", count: decimals - digits.count) + digits
    }
}
