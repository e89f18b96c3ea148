import Orders
import Wire

/// What the demo found, as it is written to `.run/ledger.json`.
struct DemoResult: Sendable {
    let audit: LedgerAudit
    let funnel: Funnel
    let report: WorldReport
    /// By game, sorted, in ms.
    let waits: [String: [Double]]
    let lostOnPurpose: Int
    /// Of those, how many were in the first resend plan.
    let found: Int
    let resent: Int
    /// What the second comparison would have sent again.
    let missingAfterwards: Int
    let restarts: [String: Int]
    let seconds: Double

    /// Why the run is not a success; empty when it is.
    var complaints: [String] {
        var complaints: [String] = []
        if !audit.isBalanced { complaints.append("the ledger does not balance") }
        if lostOnPurpose == 0 { complaints.append("nothing was lost on purpose, so nothing was shown") }
        if found < lostOnPurpose { complaints.append("\(lostOnPurpose - found) lost orders were not found") }
        if missingAfterwards > 0 {
            complaints.append("\(missingAfterwards) orders are still missing afterwards")
        }
        if funnel.wrongAnswers > 0 { complaints.append("\(funnel.wrongAnswers) answers were wrong") }
        if funnel.gaveUp > 0 { complaints.append("\(funnel.gaveUp) people never got a final answer") }
        if funnel.foundNothing > 0 {
            complaints.append("\(funnel.foundNothing) people found nothing to claim")
        }
        return complaints
    }

    func encode() -> [UInt8] {
        var json = JSONWriter(reserving: 8192)
        json.beginObject()
        let counts = [
            ("accepted", audit.accepted), ("granted_once", audit.grantedOnce),
            ("granted_twice", audit.grantedTwice), ("rejected", audit.rejected), ("expired", audit.expired),
            ("voided", audit.voided), ("open", audit.open), ("lost", audit.lost),
            ("oversold", audit.oversold),
            ("unexpected", audit.unexpected), ("spent_twice", audit.spentTwice),
            ("windows_over_limit", audit.windowsOverLimit), ("lost_on_purpose", lostOnPurpose),
            ("found_by_reconciler", found), ("resent", resent), ("missing_afterwards", missingAfterwards),
        ]
        for (key, value) in counts {
            json.key(key)
            json.integer(Int64(value))
        }
        json.key("balanced")
        json.bool(audit.isBalanced)
        json.key("seconds")
        json.double((seconds * 10).rounded() / 10)
        json.key("restarts")
        json.beginObject()
        for (name, count) in restarts.sorted(by: { $0.key < $1.key }) {
            json.key(name)
            json.integer(Int64(count))
        }
        json.endObject()
        strings("complaints", complaints, &json)
        strings("lost_orders", audit.lostOrders.map { "\($0.order) \($0.state)" }, &json)
        json.key("funnel")
        funnel.write(into: &json)
        writeWaits(into: &json)
        json.key("receivers")
        json.raw(report.encode())
        json.endObject()
        return json.bytes
    }

    private func strings(_ key: String, _ values: [String], _ json: inout JSONWriter) {
        json.key(key)
        json.beginArray()
        for value in values { json.string(value) }
        json.endArray()
    }

    private func writeWaits(into json: inout JSONWriter) {
        json.key("delivery_ms")
        json.beginObject()
        for (game, wait) in waits.sorted(by: { $0.key < $1.key }) {
            json.key(game)
            json.beginObject()
            json.key("p50")
            json.double((DemoTables.percentile(wait, 50) * 10).rounded() / 10)
            json.key("p99")
            json.double((DemoTables.percentile(wait, 99) * 10).rounded() / 10)
            json.endObject()
        }
        json.endObject()
    }
}
