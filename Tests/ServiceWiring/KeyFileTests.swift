import CampaignFiles
import Credentials
import Testing

@Suite("Files of keys with end dates")
struct KeyFileTests {
    private static let untilS: Int64 = 1_772_323_200
    private static let hex = String(repeating: "0a", count: 32)

    @Test("tickets: a member until")
    func tickets() throws {
        let secret = "base64:" + String(repeating: "QUJD", count: 12)
        func keys(_ until: String) throws -> [TicketKey] {
            let text = #"[{"id":"a","algorithm":"HS256","secret":"\#(secret)"\#(until)}]"#
            return try KeyFiles.tickets(Array(text.utf8), from: "test")
        }
        #expect(try keys("").first?.untilS == .max)
        #expect(try keys(#","until":"2026-03-01T00:00:00Z""#).first?.untilS == Self.untilS)
        let fault = #expect(throws: FileFault.self) { try keys(#","until":"soon""#) }
        #expect(fault?.description.contains("until must be") == true)
    }

    @Test("coupons and operators: until= behind the key")
    func lines() throws {
        let next = String(Self.hex.reversed())
        let text = "# old\n1:hex:\(Self.hex) until=2026-03-01T00:00:00Z\n2:hex:\(next)\n"
        let codec = try KeyFiles.coupons(Array(text.utf8), from: "test", campaign: "c")
        let coupon = Coupon(serial: 1, holder: 1, kind: 0, expiresAtS: 9)
        #expect(try codec.verify(codec.sign(coupon), nowS: Self.untilS) == coupon)
        let old = try CouponCodec(campaign: "c", keys: [1: Array(repeating: 0x0A, count: 32)]).sign(coupon)
        #expect(try codec.verify(old, nowS: Self.untilS - 1) == coupon)
        #expect(throws: CouponError.unknownKey) { try codec.verify(old, nowS: Self.untilS) }
        let bad = "1:hex:\(Self.hex) until=2026"
        #expect(throws: FileFault.self) { try KeyFiles.coupons(Array(bad.utf8), from: "test", campaign: "c") }
        let keyring = try KeyFiles.operators(
            Array((APIKeyring.line(name: "mei", key: "k".utf8) + " until=2026-03-01T00:00:00Z").utf8),
            from: "test")
        #expect(keyring.name(forKey: "k".utf8, nowS: 0) == "mei")
        #expect(keyring.name(forKey: "k".utf8, nowS: Self.untilS) == nil)
    }
}
