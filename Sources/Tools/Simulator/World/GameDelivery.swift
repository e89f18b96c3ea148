import Catalog
import Orders
import Wire

/// What a game reads of a delivery: the fields that it needs to grant, each checked against the catalog.
///
/// Form: `{"order":"13 characters","user":"dec","region":"id","role":"dec","gift":"id","items":[…]}`; fields
/// that a game does not know are passed over, as a real one would.
struct GameDelivery: Sendable, Equatable {
    let order: OrderID
    let user: UInt64
    let region: UInt16
    let role: UInt64
    let gift: UInt16

    init(_ body: [UInt8], game: Game, catalog: Catalog) throws(JSONError) {
        var fields = try JSONFields(JSON.parse(body, limits: .record))
        let text = try fields.string("order")
        guard let order = OrderID(text: text) else { throw fields.fault("order", "not an order ID") }
        self.order = order
        user = try fields.decimal("user")
        role = try fields.decimal("role")
        let regionID = try fields.string("region")
        guard let region = game.region(id: regionID) else {
            throw fields.fault("region", "not a region of ours")
        }
        self.region = region.slot
        let giftID = try fields.string("gift")
        guard let gift = catalog.gift(id: giftID), gift.game == game.slot else {
            throw fields.fault("gift", "not a gift of ours")
        }
        self.gift = gift.slot
        let items = try fields.array("items", max: 64)
        guard items.count == gift.items.count else { throw fields.fault("items", "not what the gift holds") }
    }
}
