import Testing
import Wire

@testable import Claim

@Suite("The body of a claim")
struct ClaimRequestTests {
    private func fault(_ text: String) -> JSONError? {
        do {
            _ = try ClaimRequest.parse(Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test("a whole body, in any order of its fields")
    func whole() throws {
        let text = #"{"role":"18446744073709551615","gift":"g","region":"r","coupon":"c"}"#
        #expect(
            try ClaimRequest.parse(Array(text.utf8))
                == ClaimRequest(coupon: "c", gift: "g", region: "r", role: .max))
    }

    @Test(
        "a fault names its field",
        arguments: [
            (#"{"gift":"g","region":"r","role":"1"}"#, "coupon"),
            (#"{"coupon":"c","gift":"g","region":"r"}"#, "role"),
            (#"{"coupon":"c","gift":"g","region":"r","role":1}"#, "role"),
            (#"{"coupon":"c","gift":"g","region":"r","role":"-1"}"#, "role"),
            (#"{"coupon":"c","gift":"g","region":"r","role":"01"}"#, "role"),
            (#"{"coupon":"c","gift":"g","region":"r","role":"18446744073709551616"}"#, "role"),
            (#"{"coupon":null,"gift":"g","region":"r","role":"1"}"#, "coupon"),
            (#"{"coupon":"c","gift":["g"],"region":"r","role":"1"}"#, "gift"),
            (#"{"coupon":"c","gift":"g","region":{},"role":"1"}"#, "region"),
            (#"{"coupon":"c","gift":"g","region":"r","role":"1","amount":9}"#, "amount"),
            (#"{"coupon":"c","gift":"g","gift":"h","region":"r","role":"1"}"#, "gift"),
        ])
    func faults(_ text: String, _ field: String) {
        #expect(fault(text)?.path == field, "\(text)")
    }

    @Test(
        "what is no JSON object is refused",
        arguments: [
            "", " ", "null", "[]", "\"x\"", "{", "{}x", "{\"coupon\":\"c\",}", "{\"coupon\":\"\\ud800\"}",
            "{'coupon':'c'}", "{\"a\":NaN}", String(repeating: "[", count: 4000),
        ])
    func noObject(_ text: String) {
        #expect(fault(text) != nil)
    }

    @Test("invalid UTF-8, too deep, too long")
    func limits() {
        let head = Array(#"{"coupon":""#.utf8)
        #expect(throws: JSONError.self) { try ClaimRequest.parse(head + [0xC0, 0xAF] + Array("\"}".utf8)) }
        let deep = String(repeating: "{\"a\":", count: 9) + "1" + String(repeating: "}", count: 9)
        #expect(fault(deep) != nil)
        let long = #"{"coupon":"c","gift":"\#(String(repeating: "g", count: 65))","region":"r","role":"1"}"#
        #expect(fault(long)?.path == "gift")
        let huge = ClaimFixture.body() + Array(repeating: 0x20, count: ClaimRequest.maxBytes)
        #expect(throws: JSONError.self) { try ClaimRequest.parse(huge) }
    }

    @Test("fuzz: damaged bodies are read alike or refused, never crash")
    func fuzz() {
        var random = SplitMix64(seed: 0x5EED_C1A1)
        let whole = ClaimFixture.body()
        var refused = 0
        for _ in 0..<20_000 {
            var body = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) { Self.damage(&body, &random) }
            do {
                let request = try ClaimRequest.parse(body)
                #expect(request.gift.utf8.count <= 64 && request.coupon.utf8.count <= 128)
            } catch {
                refused += 1
                #expect(!error.reason.isEmpty)
            }
        }
        #expect(refused > 10_000)
    }

    private static func damage(_ body: inout [UInt8], _ random: inout SplitMix64) {
        let at = Int.random(in: 0...body.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: body.insert(UInt8.random(in: 0...255, using: &random), at: at)
        case 1 where at < body.count: body[at] = UInt8.random(in: 0...255, using: &random)
        case 2: body.removeSubrange(min(at, body.count)..<min(at + 8, body.count))
        case 3: body.insert(contentsOf: Array(#"{"gift":"#.utf8), at: at)
        default: body.append(contentsOf: body.suffix(16))
        }
    }
}
