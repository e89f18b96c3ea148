import Catalog
import Orders
import Wire

/// Parked orders as people and programs read them. The age is that of the claim: Redis does not keep when an
/// order was parked; its outcomes do.
struct ParkedReport: Sendable {
    let catalog: Catalog
    let orders: [ParkedOrder]
    /// Parked orders that are not shown.
    let beyond: Int
    let nowMs: Int64

    var text: String {
        guard !orders.isEmpty else {
            return beyond == 0 ? "no parked orders" : "\(beyond) parked orders are not shown"
        }
        let head = ["ORDER", "COUPON", "GAME", "GIFT", "REGION", "ROLE", "USER", "ATTEMPTS", "CLAIMED"]
        let rows = orders.map { parked in
            guard let order = parked.order else {
                return [parked.id.text, "?", "?", "?", "?", "?", "?", "\(parked.made)", "?"]
            }
            let (gift, game) = names(order)
            return [
                parked.id.text, coupon(order), game.id, gift.id, game.regions[Int(order.region)].id,
                "\(order.role)", "\(order.user)", "\(parked.made)",
                DeskOutput.age(ms: nowMs - order.claimedAtMs) + " ago",
            ]
        }
        var text = DeskOutput.table([head] + rows, numbers: [7])
        if orders.contains(where: { $0.order == nil }) {
            text += "\n\n?: its claim is not in Redis, or is of another catalog"
        }
        if beyond > 0 { text += "\n\n\(beyond) more are not shown" }
        return text
    }

    /// `{"orders":[{"order":"…","coupon":"…",…}],"beyond":n}`.
    var json: [UInt8] {
        var json = JSONWriter(reserving: 256 + orders.count * 256)
        json.beginObject()
        json.key("orders")
        json.beginArray()
        for parked in orders {
            json.beginObject()
            json.key("order")
            json.string(parked.id.text)
            json.key("attempts")
            json.integer(Int64(parked.made))
            if let order = parked.order { write(order, &json) }
            json.endObject()
        }
        json.endArray()
        json.key("beyond")
        json.integer(Int64(beyond))
        json.endObject()
        return json.bytes
    }

    private func write(_ order: Order, _ json: inout JSONWriter) {
        let (gift, game) = names(order)
        json.key("coupon")
        json.string(coupon(order))
        json.key("game")
        json.string(game.id)
        json.key("gift")
        json.string(gift.id)
        json.key("region")
        json.string(game.regions[Int(order.region)].id)
        json.key("role")
        json.decimalString(order.role)
        json.key("user")
        json.decimalString(order.user)
        json.key("claimed_at")
        json.string(UTCTimestamp.rfc3339(unixMs: order.claimedAtMs))
    }

    private func names(_ order: Order) -> (gift: Gift, game: Game) {
        let gift = catalog.gifts[Int(order.gift)]
        return (gift, catalog.games[Int(gift.game)])
    }

    private func coupon(_ order: Order) -> String {
        String(decoding: Hex.encode(order.coupon), as: UTF8.self)
    }
}
