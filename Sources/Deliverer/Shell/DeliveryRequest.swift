import Catalog
import Credentials
import HTTPClient
import Orders
import Wire

/// Makes the requests that go to a game: the delivery, signed, and the query.
///
/// The body is `{"order","user","region","role","gift","amount","items":[{"id","count"}]}`; the headers are
/// those of Standard Webhooks, with the order's ID as `webhook-id`, the same on every attempt.
struct DeliveryRequest {
    let catalog: Catalog
    /// By game slot.
    let signers: [WebhookSigner]
    /// `"gift":…` to the end of the body, by gift slot: the part that is the same for every order.
    private let tails: [[UInt8]]

    init(catalog: Catalog, signers: [WebhookSigner]) {
        self.catalog = catalog
        self.signers = signers
        tails = catalog.gifts.map { gift in
            var json = JSONWriter()
            json.beginArray()
            for item in gift.items {
                json.beginObject()
                json.key("id")
                json.string(item.id)
                json.key("count")
                json.integer(Int64(item.count))
                json.endObject()
            }
            json.endArray()
            return json.bytes
        }
    }

    func body(_ order: Order) -> [UInt8] {
        let gift = catalog.gifts[Int(order.gift)]
        var json = JSONWriter(reserving: 256)
        json.beginObject()
        json.key("order")
        json.string(utf8: CrockfordBase32.encode(order.id.rawValue))
        json.key("user")
        json.decimalString(order.user)
        json.key("region")
        json.string(catalog.games[Int(gift.game)].regions[Int(order.region)].id)
        json.key("role")
        json.decimalString(order.role)
        json.key("gift")
        json.string(gift.id)
        json.key("amount")
        json.unsigned(UInt64(order.amount))
        json.key("items")
        json.raw(tails[Int(gift.slot)])
        json.endObject()
        return json.bytes
    }

    func delivery(_ order: Order, game slot: UInt8, nowS: Int64, token: UInt64) -> HTTPClientRequest {
        let game = catalog.games[Int(slot)]
        let id = order.id.text
        let body = body(order)
        let signature = signers[Int(slot)].signatureHeader(id: id, timestampS: nowS, body: body)
        return HTTPClientRequest(
            method: .post, url: game.endpoint,
            headers: [
                "content-type: application/json", "webhook-id: \(id)", "webhook-timestamp: \(nowS)",
                "webhook-signature: \(signature)",
            ],
            body: body, timeoutMs: game.requestTimeoutMs, connectTimeoutMs: game.connectTimeoutMs,
            maxResponseBytes: 512, token: token)
    }

    /// The question what became of an order, signed over an empty body; nil for a game without a query URL.
    func query(_ order: OrderID, game slot: UInt8, nowS: Int64, token: UInt64) -> HTTPClientRequest? {
        let game = catalog.games[Int(slot)]
        guard let url = game.queryURL(order: order.text) else { return nil }
        let signature = signers[Int(slot)].signatureHeader(id: order.text, timestampS: nowS, body: [])
        return HTTPClientRequest(
            method: .get, url: url,
            headers: [
                "webhook-id: \(order.text)", "webhook-timestamp: \(nowS)", "webhook-signature: \(signature)",
            ],
            timeoutMs: game.requestTimeoutMs, connectTimeoutMs: game.connectTimeoutMs,
            maxResponseBytes: 1_024,
            token: token)
    }
}
