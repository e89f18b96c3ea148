import Catalog
import Wire

/// Reads a record that is written byte for byte as ``OrderRecord/encode(_:_:)`` writes it, in a fifth of the
/// time that the JSON reader takes.
///
/// Any other spelling, and any value that the JSON reader would refuse, gives nil: then that reader decides.
enum OrderRecordScan {
    static func decode(_ bytes: [UInt8], _ catalog: Catalog) -> Order? {
        bytes.withUnsafeBufferPointer { decode($0, catalog) }
    }

    static func decode(_ bytes: UnsafeBufferPointer<UInt8>, _ catalog: Catalog) -> Order? {
        var scan = RecordScan(bytes)
        return order(&scan, catalog)
    }

    private static func order(_ scan: inout RecordScan, _ catalog: Catalog) -> Order? {
        guard scan.skip("{\"v\":1,\"order\":\""), let idText = scan.string(),
            let number = CrockfordBase32.decode(idText),
            scan.skip(",\"coupon\":\""), let coupon = scan.serial(),
            scan.skip("\",\"user\":\""), let user = scan.number(),
            scan.skip("\",\"gift\":\""), let giftID = scan.string(),
            let gift = catalog.gift(id: String(decoding: giftID, as: UTF8.self)),
            scan.skip(",\"game\":\""), let gameID = scan.string(),
            scan.skip(",\"region\":\""), let regionID = scan.string()
        else { return nil }
        let game = catalog.games[Int(gift.game)]
        guard gameID.elementsEqual(game.id.utf8),
            let region = game.regions.first(where: { regionID.elementsEqual($0.id.utf8) }),
            scan.skip(",\"role\":\""), let role = scan.number(),
            scan.skip("\",\"amount\":"), let amount = scan.number(), amount >= 1,
            amount <= UInt64(UInt32.max),
            scan.skip(",\"claimed_at\":"), let claimedAtMs = scan.time(),
            scan.skip(",\"deadline\":"), let deadlineMs = scan.time(),
            scan.skip(",\"epoch\":"), let epoch = scan.number(), epoch <= UInt64(UInt16.max),
            scan.skip(",\"attempt\":"), let attempt = scan.number(), attempt <= UInt64(UInt16.max),
            scan.skip(",\"not_before\":"), let notBeforeMs = scan.time()
        else { return nil }
        let isResend = scan.skip(",\"resend\":true")
        guard scan.skip("}"), scan.isAtEnd else { return nil }
        return Order(
            id: OrderID(rawValue: number), coupon: coupon, user: user, gift: gift.slot,
            region: region.slot, role: role,
            amount: UInt32(amount), claimedAtMs: claimedAtMs, deadlineMs: deadlineMs, epoch: UInt16(epoch),
            attempt: UInt16(attempt), notBeforeMs: notBeforeMs, isResend: isResend)
    }
}
