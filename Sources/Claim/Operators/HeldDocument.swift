import Catalog
import HTTPServer
import OrderStore
import Orders
import Wire

/// Orders that wait for an operator, as `GET /v1/admin/held` shows them.
struct HeldDocument: Sendable {
    struct Entry: Sendable, Equatable {
        var held: HeldOrder
        /// The rules that it met; nil where Kafka did not tell.
        var risk: [String]?
    }

    var entries: [Entry]
    /// The shard to go on from; nil when all were read.
    var nextShard: Int?

    /// `{"held":[{"order","gift","value","game","region","user","role","amount","claimed_at","held_at",
    /// "deadline","approvals","needed","first_approver","risk"}],"next":shard|null}`, times by RFC 3339.
    func response(_ catalog: Catalog) -> HTTPResponse {
        var json = JSONWriter(reserving: 64 + entries.count * 400)
        json.beginObject()
        json.key("held")
        json.beginArray()
        for entry in entries where catalog.holds(entry.held.order) { Self.write(entry, catalog, &json) }
        json.endArray()
        json.key("next")
        if let nextShard { json.integer(Int64(nextShard)) } else { json.null() }
        json.endObject()
        return .json(json.bytes)
    }

    private static func write(_ entry: Entry, _ catalog: Catalog, _ json: inout JSONWriter) {
        let order = entry.held.order
        let gift = catalog.gifts[Int(order.gift)]
        let game = catalog.games[Int(gift.game)]
        json.beginObject()
        let texts: [(StaticString, String)] = [
            ("order", order.id.text), ("gift", gift.id), ("game", game.id),
            ("region", game.regions[Int(order.region)].id),
            ("claimed_at", UTCTimestamp.rfc3339(unixMs: order.claimedAtMs)),
            ("held_at", UTCTimestamp.rfc3339(unixMs: entry.held.heldAtMs)),
            ("deadline", UTCTimestamp.rfc3339(unixMs: order.deadlineMs)),
        ]
        for (key, text) in texts {
            json.key(key)
            json.string(text)
        }
        json.key("user")
        json.decimalString(order.user)
        json.key("role")
        json.decimalString(order.role)
        json.key("value")
        json.integer(Int64(gift.value))
        json.key("amount")
        json.unsigned(UInt64(order.amount))
        json.key("approvals")
        json.integer(entry.held.firstApprover == nil ? 0 : 1)
        json.key("needed")
        json.integer(Int64(catalog.campaign.approvals(of: gift)))
        json.key("first_approver")
        if let name = entry.held.firstApprover { json.string(name) } else { json.null() }
        json.key("risk")
        if let risk = entry.risk {
            json.beginArray()
            for rule in risk { json.string(rule) }
            json.endArray()
        } else {
            json.null()
        }
        json.endObject()
    }
}

extension Campaign {
    /// How many operators must approve of an order of the gift pack.
    func approvals(of gift: Gift) -> Int { approval?.approvals(of: gift) ?? 1 }
}
