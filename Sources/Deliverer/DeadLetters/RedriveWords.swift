import Catalog
import Orders

/// What a redrive tells people.
enum RedriveWords {
    static func told(_ plan: RedrivePlan, _ catalog: Catalog) -> String {
        var parts = [String]()
        if plan.lines.isEmpty {
            parts.append("nothing is to be sent again")
        } else {
            let head = ["GAME", "OUTCOME", "STATUS", "REASON", "ORDERS"]
            let rows = plan.lines.map { line in
                [
                    catalog.games[Int(line.group.game)].id, line.group.outcome.rawValue,
                    "\(line.group.status)", DeskOutput.harmless(line.group.reason, most: 60),
                    "\(line.orders)",
                ]
            }
            parts.append(DeskOutput.table([head] + rows, numbers: [2, 4]))
            parts.append("would send \(plan.batch.entries.count) orders")
            let left = plan.batch.entries.count { $0.isLeftQueued }
            if left > 0 { parts.append("of them left behind by a redrive that was cut off: \(left)") }
        }
        parts += passed(plan.passed)
        if plan.beyond > 0 { parts.append("beyond the limit, for a later batch: \(plan.beyond)") }
        return parts.joined(separator: "\n")
    }

    static func done(_ progress: RedriveProgress, orders: Int) -> String {
        if progress.wasFinished { return "applied before to its end: nothing is sent now" }
        var parts = ["sent \(progress.sent) of \(orders) orders"]
        if progress.endedAgain > 0 { parts.append("left alone, ended once more: \(progress.endedAgain)") }
        return (parts + passed(progress.passed)).joined(separator: "\n")
    }

    private static func passed(_ states: [OrderState: Int]) -> [String] {
        states.sorted { $0.key.rawValue < $1.key.rawValue }.map { "left alone, \($0.name): \($1)" }
    }
}
