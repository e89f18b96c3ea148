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
        var (scan, names) = (RecordScan(bytes), OrderNames?.none)
        return order(&scan, catalog, &names)
    }

    /// The same, for a reader of very many records, most of which name what the one before named.
    static func decode(
        _ bytes: UnsafeBufferPointer<UInt8>, _ catalog: Catalog, _ names: inout OrderNames?
    ) -> Order? {
        var scan = RecordScan(bytes)
        return order(&scan, catalog, &names)
    }

    private static func order(
        _ scan: inout RecordScan, _ catalog: Catalog, _ names: inout OrderNames?
    ) -> Order? {
        guard scan.skip("{\"v\":1,\"order\":\""), let idText = scan.string(),
            let number = CrockfordBase32.decode(idText),
            scan.skip(",\"coupon\":\""), let coupon = scan.serial(),
            scan.skip("\",\"user\":\""), let user = scan.number(),
            scan.skip("\",\"gift\":\""), let giftID = scan.string(),
            scan.skip(",\"game\":\""), let gameID = scan.string(),
            scan.skip(",\"region\":\""), let regionID = scan.string()
        else { return nil }
        if names?.are(giftID, gameID, regionID) != true {
            names = OrderNames(giftID, gameID, regionID, catalog)
        }
        guard let named = names,
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
            id: OrderID(rawValue: number), coupon: coupon, user: user, gift: named.gift,
            region: named.region, role: role,
            amount: UInt32(amount), claimedAtMs: claimedAtMs, deadlineMs: deadlineMs, epoch: UInt16(epoch),
            attempt: UInt16(attempt), notBeforeMs: notBeforeMs, isResend: isResend)
    }
}

/// A gift, its game and a region of it as a record names them, and their slots.
package struct OrderNames: Sendable {
    fileprivate let gift: UInt16
    fileprivate let region: UInt16
    private let giftID: [UInt8]
    private let gameID: [UInt8]
    private let regionID: [UInt8]

    /// nil where the catalog does not have them together.
    fileprivate init?(
        _ giftID: UnsafeBufferPointer<UInt8>, _ gameID: UnsafeBufferPointer<UInt8>,
        _ regionID: UnsafeBufferPointer<UInt8>, _ catalog: Catalog
    ) {
        guard let gift = catalog.gift(id: String(decoding: giftID, as: UTF8.self)) else { return nil }
        let game = catalog.games[Int(gift.game)]
        guard gameID.elementsEqual(game.id.utf8),
            let region = game.regions.first(where: { regionID.elementsEqual($0.id.utf8) })
        else { return nil }
        (self.gift, self.region) = (gift.slot, region.slot)
        (self.giftID, self.gameID, self.regionID) = (Array(giftID), Array(gameID), Array(regionID))
    }

    fileprivate func are(
        _ gift: UnsafeBufferPointer<UInt8>, _ game: UnsafeBufferPointer<UInt8>,
        _ region: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        Self.same(gift, giftID) && Self.same(game, gameID) && Self.same(region, regionID)
    }

    private static func same(_ text: UnsafeBufferPointer<UInt8>, _ id: [UInt8]) -> Bool {
        guard text.count == id.count else { return false }
        return id.withUnsafeBufferPointer { id in
            for at in 0..<id.count where id[at] != text[at] { return false }
            return true
        }
    }
}
