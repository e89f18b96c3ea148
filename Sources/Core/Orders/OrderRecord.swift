import Catalog
import Wire

/// An order as Kafka holds it: versioned JSON, complete, in `orders.<game>` and `retries.<game>`.
///
/// `{"v":1,"order":"0000…","coupon":"16 hex digits","user":"dec","gift":"id","game":"id","region":"id",
/// "role":"dec","amount":1,"claimed_at":ms,"deadline":ms,"epoch":1,"attempt":0,"not_before":0}`, and
/// `"resend":true` where an operator sent it again.
/// Numbers beyond 2^53 are decimal strings, so that any reader keeps them whole.
package enum OrderRecord {
    /// - Precondition: the order's slots are of this catalog.
    package static func encode(_ order: Order, _ catalog: Catalog) -> [UInt8] {
        var json = JSONWriter(reserving: 320)
        json.beginObject()
        write(order, catalog, into: &json)
        json.endObject()
        return json.bytes
    }

    static func write(_ order: Order, _ catalog: Catalog, into json: inout JSONWriter) {
        let gift = catalog.gifts[Int(order.gift)]
        let game = catalog.games[Int(gift.game)]
        json.key("v")
        json.integer(1)
        json.key("order")
        json.string(utf8: CrockfordBase32.encode(order.id.rawValue))
        json.key("coupon")
        json.coupon(order.coupon)
        json.key("user")
        json.decimalString(order.user)
        json.key("gift")
        json.string(gift.id)
        json.key("game")
        json.string(game.id)
        json.key("region")
        json.string(game.regions[Int(order.region)].id)
        json.key("role")
        json.decimalString(order.role)
        json.key("amount")
        json.unsigned(UInt64(order.amount))
        json.key("claimed_at")
        json.integer(order.claimedAtMs)
        json.key("deadline")
        json.integer(order.deadlineMs)
        json.key("epoch")
        json.unsigned(UInt64(order.epoch))
        json.key("attempt")
        json.unsigned(UInt64(order.attempt))
        json.key("not_before")
        json.integer(order.notBeforeMs)
        if order.isResend {
            json.key("resend")
            json.bool(true)
        }
    }

    package static func decode(_ bytes: [UInt8], _ catalog: Catalog) throws(RecordFault) -> Order {
        if let order = OrderRecordScan.decode(bytes, catalog) { return order }
        return try decodeJSON(bytes, catalog)
    }

    /// The same of bytes that lie elsewhere.
    ///
    /// - Parameter names: what the record before named; nil at first.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, _ catalog: Catalog, names: inout OrderNames?
    ) throws(RecordFault) -> Order {
        let text = bytes.assumingMemoryBound(to: UInt8.self)
        if let order = OrderRecordScan.decode(text, catalog, &names) { return order }
        return try decodeJSON(Array(bytes), catalog)
    }

    /// Whatever the spelling.
    static func decodeJSON(_ bytes: [UInt8], _ catalog: Catalog) throws(RecordFault) -> Order {
        do throws(JSONError) {
            var fields = try JSONFields.record(bytes)
            let order = try read(&fields, catalog)
            try fields.finish()
            return order
        } catch {
            throw RecordFault(error)
        }
    }

    static func read(_ fields: inout JSONFields, _ catalog: Catalog) throws(JSONError) -> Order {
        let id = try fields.orderID("order")
        let coupon = try fields.coupon("coupon")
        let user = try fields.decimal("user")
        let giftID = try fields.string("gift")
        guard let gift = catalog.gift(id: giftID) else {
            throw JSONError(offset: 0, path: "gift", reason: "\"\(giftID)\" is not in the catalog")
        }
        let game = catalog.games[Int(gift.game)]
        let gameID = try fields.string("game")
        guard gameID == game.id else {
            throw JSONError(offset: 0, path: "game", reason: "\"\(gameID)\" does not give \"\(giftID)\"")
        }
        let regionID = try fields.string("region")
        guard let region = game.regions.first(where: { $0.id == regionID }) else {
            throw JSONError(
                offset: 0, path: "region", reason: "\"\(regionID)\" is not a region of \"\(gameID)\"")
        }
        let time: ClosedRange<Int64> = 0...(1 << 47)
        return Order(
            id: id, coupon: coupon, user: user, gift: gift.slot, region: region.slot,
            role: try fields.decimal("role"),
            amount: UInt32(try fields.integer("amount", in: 1...Int64(UInt32.max))),
            claimedAtMs: try fields.integer("claimed_at", in: time),
            deadlineMs: try fields.integer("deadline", in: time),
            epoch: UInt16(try fields.integer("epoch", in: 0...Int64(UInt16.max))),
            attempt: UInt16(try fields.integer("attempt", in: 0...Int64(UInt16.max))),
            notBeforeMs: try fields.integer("not_before", in: time),
            isResend: try fields.optionalBool("resend") ?? false)
    }
}
