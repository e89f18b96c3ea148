import Catalog
import Credentials
import Orders
import Wire

/// A list of orders that are to be sent again, with where it comes from: what an operator looks at and
/// applies.
///
/// `{"v":1,"campaign":"…","cut_at":ms,"orders":[order records],"reasons":{"passed_over":["order",…],…},
/// "asks_first":["order",…],"counts":{"game":n,…},"value":n,"checksum":"64 hex digits"}`. The checksum is the
/// SHA-256 of campaign, cut, and every order's record, reason and whether its game is asked first, in the
/// order of their IDs, so that what was looked at is what is applied.
struct ResendPlan: Equatable {
    struct Entry: Equatable {
        var order: Order
        var reason: MissingReason
        /// It may have been granted without anybody here knowing.
        var asksFirst = false
    }

    /// Of a plan's file.
    static let limits = JSONLimits(maxBytes: 512 << 20, maxDepth: 8, maxNodes: 20_000_000)

    let campaign: String
    /// Of the reconciliation that found them, Unix milliseconds.
    let cutAtMs: Int64
    /// By order ID, distinct.
    let entries: [Entry]

    init(campaign: String, cutAtMs: Int64, entries: [Entry]) {
        self.campaign = campaign
        self.cutAtMs = cutAtMs
        var seen: Set<OrderID> = []
        self.entries = entries.sorted { $0.order.id < $1.order.id }.filter {
            seen.insert($0.order.id).inserted
        }
    }

    init(_ verdict: Verdict, _ catalog: Catalog) {
        self.init(
            campaign: catalog.campaign.id, cutAtMs: verdict.atMs,
            entries: verdict.missing.map { missing in
                var order = missing.order
                // It has waited long enough.
                order.notBeforeMs = 0
                return Entry(order: order, reason: missing.reason, asksFirst: missing.asksFirst)
            })
    }

    func checksum(_ catalog: Catalog) -> String {
        var text = Array("hongbao resend plan v1\n\(campaign)\n\(cutAtMs)\n".utf8)
        for entry in entries {
            text += OrderRecord.encode(entry.order, catalog)
            text += Array(" \(entry.reason.rawValue)\(entry.asksFirst ? " asks" : "")\n".utf8)
        }
        return String(decoding: Hex.encode(bytes: sha256(text)), as: UTF8.self)
    }

    /// Orders by game ID, games without any left out.
    func counts(_ catalog: Catalog) -> [(game: String, orders: Int)] {
        var counts = catalog.games.map { ($0.id, 0) }
        for entry in entries { counts[Int(catalog.gifts[Int(entry.order.gift)].game)].1 += 1 }
        return counts.filter { $0.1 > 0 }
    }

    /// What its gift packs are worth, in the campaign's unit.
    func value(_ catalog: Catalog) -> Int {
        entries.reduce(0) { sum, entry in
            let (worth, isOver) = catalog.gifts[Int(entry.order.gift)].value
                .multipliedReportingOverflow(by: Int(entry.order.amount))
            let (total, isOverToo) = sum.addingReportingOverflow(worth)
            return isOver || isOverToo ? .max : total
        }
    }

    /// Why a second person must agree to it; nil: nobody must.
    func needsSecond(_ settings: ResendSettings, _ catalog: Catalog) -> String? {
        if entries.count > settings.ordersAlone {
            return "\(entries.count) orders are more than one person may send (\(settings.ordersAlone))"
        }
        let value = value(catalog)
        if value > settings.valueAlone {
            return "gift packs worth \(value) are more than one person may send (\(settings.valueAlone))"
        }
        return nil
    }

    func encode(_ catalog: Catalog) -> [UInt8] {
        var json = JSONWriter(reserving: 512 + entries.count * 360)
        json.beginObject()
        json.member("v", 1)
        json.member("campaign", campaign)
        json.member("cut_at", cutAtMs)
        json.key("orders")
        json.beginArray()
        for entry in entries { json.raw(OrderRecord.encode(entry.order, catalog)) }
        json.endArray()
        json.key("reasons")
        json.beginObject()
        for reason in MissingReason.allCases {
            let orders = entries.filter { $0.reason == reason }
            guard !orders.isEmpty else { continue }
            json.key(reason.rawValue)
            json.beginArray()
            for entry in orders { json.string(entry.order.id.text) }
            json.endArray()
        }
        json.endObject()
        json.key("asks_first")
        json.beginArray()
        for entry in entries where entry.asksFirst { json.string(entry.order.id.text) }
        json.endArray()
        json.key("counts")
        json.beginObject()
        for (game, orders) in counts(catalog) {
            json.key(game)
            json.integer(Int64(orders))
        }
        json.endObject()
        json.member("value", value(catalog))
        json.member("checksum", checksum(catalog))
        json.endObject()
        return json.bytes + [UInt8(ascii: "\n")]
    }
}
