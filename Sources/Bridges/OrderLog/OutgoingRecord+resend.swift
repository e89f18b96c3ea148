import Catalog
import Orders

extension OutgoingRecord {
    /// A record that brings an order to the deliverers once more: marked as sent again, due at once, and with
    /// as much time as a new order has.
    ///
    /// - Parameters:
    ///   - attempt: attempts made, as far as is known.
    ///   - nowMs: Unix milliseconds.
    package static func resend(
        _ known: Order, attempt: UInt16, _ catalog: Catalog, nowMs: Int64
    ) -> OutgoingRecord {
        var order = known
        order.isResend = true
        order.attempt = attempt
        order.notBeforeMs = 0
        order.deadlineMs = nowMs + catalog.campaign.deliveryWindowMs
        let game = catalog.games[Int(catalog.gifts[Int(order.gift)].game)]
        return OutgoingRecord(
            topic: Topics(campaign: catalog.campaign.id).orders(game: game.id),
            key: Array(order.id.text.utf8), value: OrderRecord.encode(order, catalog))
    }
}
