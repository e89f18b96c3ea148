import OrderStore
import Orders
import Wire

/// A ``StoreAudit`` for people and programs.
struct VerifyReport: Sendable {
    let campaign: String
    let audit: StoreAudit

    func json() -> [UInt8] {
        var json = JSONWriter(reserving: 1 << 12)
        json.beginObject()
        json.member("v", 1)
        json.member("campaign", campaign)
        json.member("epoch", audit.epoch)
        json.member("clean", audit.isClean)
        let counts: [(StaticString, Int)] = [
            ("orders", audit.orders), ("claims", audit.claims), ("in_outbox", audit.inOutbox),
        ]
        for (key, count) in counts {
            json.key(key)
            json.integer(Int64(count))
        }
        json.key("states")
        json.beginObject()
        for (state, count) in audit.states.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            json.key(state.name)
            json.integer(Int64(count))
        }
        json.endObject()
        findings(&json)
        stocks(&json)
        json.endObject()
        return json.bytes + [UInt8(ascii: "\n")]
    }

    private func findings(_ json: inout JSONWriter) {
        json.key("faults")
        json.beginArray()
        for finding in audit.findings {
            json.beginObject()
            json.member("name", finding.name)
            json.member("meaning", finding.meaning)
            json.member("count", finding.count)
            json.key("orders")
            json.beginArray()
            for id in finding.orders { json.string(id.text) }
            json.endArray()
            json.endObject()
        }
        json.endArray()
    }

    private func stocks(_ json: inout JSONWriter) {
        json.key("stock")
        json.beginArray()
        for stock in audit.stocks {
            json.beginObject()
            json.member("gift", stock.gift)
            json.member("of", stock.isUnits ? "units" : "packs")
            let numbers: [(StaticString, Int)] = [
                ("stock", stock.expected), ("counted", stock.account.total), ("issued", stock.issued),
                ("left", stock.account.unissued), ("in_pool", stock.account.left),
                ("at_hand", stock.account.atHand), ("difference", stock.difference),
            ]
            for (key, number) in numbers {
                json.key(key)
                json.integer(Int64(number))
            }
            json.endObject()
        }
        json.endArray()
    }

    func table() -> String {
        var rows = [["gift", "of", "stock", "issued", "left", "difference"]]
        for stock in audit.stocks where stock.issued > 0 || !stock.isExact {
            rows.append([
                stock.gift, stock.isUnits ? "units" : "packs", "\(stock.expected)", "\(stock.issued)",
                "\(stock.account.unissued)", "\(stock.difference)",
            ])
        }
        var text = rows.count > 1 ? Console.table(rows) + "\n" : ""
        text += Console.table(audit.findings.map { [$0.meaning, "\($0.count)"] })
        for finding in audit.findings where !finding.orders.isEmpty {
            text += "\n\(finding.name): " + finding.orders.map(\.text).joined(separator: " ")
        }
        text += "\n\(audit.orders) orders, \(audit.claims) coupons bound, \(audit.inOutbox) in the outbox"
        return text + ", epoch \(audit.epoch): \(audit.isClean ? "the stores agree" : "the stores disagree")"
    }
}
