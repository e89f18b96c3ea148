import Catalog
import Wire

/// Reads a record that is written byte for byte as ``OrderRecord/encode(_:_:)`` writes it, in a fifth of the
/// time that the JSON reader takes.
///
/// Any other spelling, and any value that the JSON reader would refuse, gives nil: then that reader decides.
struct OrderRecordScan {
    private let text: UnsafeBufferPointer<UInt8>
    private var at = 0

    static func decode(_ bytes: [UInt8], _ catalog: Catalog) -> Order? {
        bytes.withUnsafeBufferPointer { buffer in
            var scan = OrderRecordScan(text: buffer)
            return scan.order(catalog)
        }
    }

    private init(text: UnsafeBufferPointer<UInt8>) { self.text = text }

    private mutating func order(_ catalog: Catalog) -> Order? {
        guard skip("{\"v\":1,\"order\":\""), let idText = string(), let id = OrderID(text: idText),
            skip(",\"coupon\":\""), let coupon = serial(),
            skip("\",\"user\":\""), let user = number(), skip("\",\"gift\":\""), let giftID = string(),
            let gift = catalog.gift(id: String(decoding: giftID, as: UTF8.self)),
            skip(",\"game\":\""), let gameID = string(), skip(",\"region\":\""), let regionID = string()
        else { return nil }
        let game = catalog.games[Int(gift.game)]
        guard gameID.elementsEqual(game.id.utf8),
            let region = game.regions.first(where: { regionID.elementsEqual($0.id.utf8) }),
            skip(",\"role\":\""), let role = number(),
            skip("\",\"amount\":"), let amount = number(), amount >= 1, amount <= UInt64(UInt32.max),
            skip(",\"claimed_at\":"), let claimedAtMs = time(),
            skip(",\"deadline\":"), let deadlineMs = time(),
            skip(",\"epoch\":"), let epoch = number(), epoch <= UInt64(UInt16.max),
            skip(",\"attempt\":"), let attempt = number(), attempt <= UInt64(UInt16.max),
            skip(",\"not_before\":"), let notBeforeMs = time()
        else { return nil }
        let isResend = skip(",\"resend\":true")
        guard skip("}"), at == text.count else { return nil }
        return Order(
            id: id, coupon: coupon, user: user, gift: gift.slot, region: region.slot, role: role,
            amount: UInt32(amount), claimedAtMs: claimedAtMs, deadlineMs: deadlineMs, epoch: UInt16(epoch),
            attempt: UInt16(attempt), notBeforeMs: notBeforeMs, isResend: isResend)
    }

    /// Steps over this text, if it stands here.
    private mutating func skip(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard text.count - at >= count else { return false }
        for offset in 0..<count where text[at + offset] != literal.utf8Start[offset] { return false }
        at += count
        return true
    }

    /// Up to the closing quote, which is stepped over; nil where anything is escaped or not plain ASCII.
    private mutating func string() -> Slice<UnsafeBufferPointer<UInt8>>? {
        let start = at
        while at < text.count {
            let byte = text[at]
            if byte == UInt8(ascii: "\"") {
                at += 1
                return text[start..<(at - 1)]
            }
            guard byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "\\") else { return nil }
            at += 1
        }
        return nil
    }

    /// A number without a sign, of one spelling.
    private mutating func number() -> UInt64? {
        let start = at
        while at < text.count, text[at] >= UInt8(ascii: "0"), text[at] <= UInt8(ascii: "9") { at += 1 }
        return DecimalDigits.parse(text[start..<at])
    }

    private mutating func time() -> Int64? {
        guard let value = number(), value <= 1 << 47 else { return nil }
        return Int64(value)
    }

    /// 16 hexadecimal digits in lower case.
    private mutating func serial() -> UInt64? {
        guard text.count - at >= 16 else { return nil }
        var value: UInt64 = 0
        for byte in text[at..<(at + 16)] {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            value = value << 4 | UInt64(digit)
        }
        at += 16
        return value
    }
}
