import Testing
import Wire

@testable import Claim

/// The reader of the usual body beside the parser that knows all of JSON: what the first one reads, the other
/// reads alike; and what is refused, the other refuses.
@Suite("The body of a claim, read where it lies")
struct ClaimFieldsTests {
    private enum Outcome: Equatable {
        case fields(ClaimRequest)
        case fault(JSONError)
    }

    private static func oracle(_ body: [UInt8]) -> Outcome {
        do throws(JSONError) {
            return .fields(try ClaimRequest.parse(body))
        } catch {
            return .fault(error)
        }
    }

    /// nil where the body is left to the parser.
    private static func flat(_ body: [UInt8]) -> ClaimRequest? {
        body.withUnsafeBytes { bytes in
            ClaimFields(bytes).map { fields in
                ClaimRequest(
                    coupon: String(decoding: fields.coupon, as: UTF8.self),
                    gift: String(decoding: fields.gift, as: UTF8.self),
                    region: String(decoding: fields.region, as: UTF8.self), role: fields.role)
            }
        }
    }

    /// Whether the flat reader took it.
    @discardableResult
    private static func compare(_ body: [UInt8]) -> Bool {
        guard let flat = flat(body) else { return false }
        #expect(.fields(flat) == oracle(body), "\(String(decoding: body, as: UTF8.self))")
        return true
    }

    @Test("usual bodies are all read here, in any order and with any space")
    func usual() throws {
        var random = SplitMix64(seed: 0xC1A1_B0D1)
        for _ in 0..<3000 {
            #expect(Self.compare(Array(BodyMaker(isWild: false).body(&random).utf8)))
        }
        #expect(Self.compare(ClaimFixture.body()))
        // Empty names are the gate's to refuse, and equal either way.
        #expect(Self.compare(Array(#"{"coupon":"","gift":"","region":"","role":"0"}"#.utf8)))
    }

    @Test("fuzz: odd bodies are read alike or left to the parser", arguments: 0..<6)
    func odd(seed: UInt64) {
        var random = SplitMix64(seed: 0x0DD0 + seed)
        var read = 0
        for _ in 0..<8000 {
            var body = Array(BodyMaker(isWild: true).body(&random).utf8)
            if random.next() % 3 == 0 { BodyMaker.damage(&body, &random) }
            if Self.compare(body) { read += 1 }
        }
        #expect(read > 1000, "hardly one was of the usual form")
    }

    @Test(
        "what is not of the usual form is left to the parser",
        arguments: [
            "", "{}", "[]", #"{"coupon":"c","gift":"g","region":"r"}"#,
            #"{"coupon":"c","gift":"g","region":"r","role":"1","x":"y"}"#,
            #"{"coupon":"c","gift":"g","gift":"g","role":"1"}"#,
            #"{"coupon":"c","gift":"g","region":"r","role":1}"#,
            #"{"coupon":"c","gift":"g","region":"r","role":"01"}"#,
            #"{"coupon":"c","gift":"g","region":"r","role":"18446744073709551616"}"#,
            #"{"coupon":"\u0063","gift":"g","region":"r","role":"1"}"#,
            "{\"coupon\":\"\u{E9}\",\"gift\":\"g\",\"region\":\"r\",\"role\":\"1\"}",
            #"{"coupon":"c","gift":"g","region":"r","role":"1"}x"#,
            #"{"coupon":"c","gift":"g","region":"r","role":"1",}"#,
            "{\"coupon\":\"c\t\",\"gift\":\"g\",\"region\":\"r\",\"role\":\"1\"}",
            "\u{FEFF}{\"coupon\":\"c\",\"gift\":\"g\",\"region\":\"r\",\"role\":\"1\"}",
        ])
    func left(_ text: String) {
        #expect(Self.flat(Array(text.utf8)) == nil)
    }

    @Test("every byte that ends a plain string is found, wherever it stands among eight")
    func specials() {
        for length in 0..<40 {
            for byte in UInt8.min...UInt8.max {
                var body = Array(#"{"coupon":""#.utf8) + Array(repeating: UInt8(ascii: "a"), count: length)
                body.append(byte)
                body += Array(#"bc","gift":"g","region":"r","role":"1"}"#.utf8)
                let isPlain = byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5C
                #expect(Self.compare(body) == isPlain)
            }
        }
    }
}

/// Bodies of claims from a seed: wild ones break a rule now and then.
private struct BodyMaker {
    let isWild: Bool

    func body(_ random: inout SplitMix64) -> String {
        var members = [
            ("coupon", quoted(text(52, &random), &random)), ("gift", quoted(text(12, &random), &random)),
            ("region", quoted(text(4, &random), &random)),
            ("role", quoted("\(random.next() >> (random.next() % 64))", &random)),
        ]
        if isWild {
            let at = Int(random.next() % 4)
            switch random.next() % 12 {
            case 0: members.remove(at: at)
            case 1: members.append(members[at])
            case 2: members.append(("x", "\"y\""))
            case 3: members[at].1 = ["1", "null", "{}", "[\"a\"]", "true", "-1.5e3"][Int(random.next() % 6)]
            case 4: members[at].0 = ["Coupon", "gif", "\\u0067ift", "rol\u{E9}", ""][Int(random.next() % 5)]
            case 5: members[at].1 = quoted(text(Int(random.next() % 200), &random), &random)
            case 6:
                members[3].1 = quoted(
                    ["", "01", "-1", "1e3", "18446744073709551616"][Int(random.next() % 5)], &random)
            default: break
            }
        }
        members.shuffle(using: &random)
        let text = members.map { name, value in
            "\(space(&random))\"\(name)\"\(space(&random)):\(space(&random))\(value)\(space(&random))"
        }
        return space(&random) + "{" + text.joined(separator: ",") + "}" + space(&random)
    }

    private func text(_ most: Int, _ random: inout SplitMix64) -> String {
        let letters = Array("abcXYZ019-_. !#[]~")
        return String((0..<most).map { _ in letters[Int(random.next() % UInt64(letters.count))] })
    }

    private func quoted(_ text: String, _ random: inout SplitMix64) -> String {
        guard isWild, random.next() % 12 == 0, !text.isEmpty else { return "\"\(text)\"" }
        let odd = ["\\n", "\\u0041", "\\ud800", "\u{20AC}", "\\", "\n", "\\\"", "\u{7F}"]
        return "\"" + text.dropLast() + odd[Int(random.next() % UInt64(odd.count))] + "\""
    }

    private func space(_ random: inout SplitMix64) -> String {
        random.next() % 5 == 0 ? [" ", "\n", "\r\n", "\t", "  "][Int(random.next() % 5)] : ""
    }

    static func damage(_ body: inout [UInt8], _ random: inout SplitMix64) {
        for _ in 0...random.next() % 3 where !body.isEmpty {
            let at = Int(random.next() % UInt64(body.count))
            switch random.next() % 4 {
            case 0: body[at] = UInt8(truncatingIfNeeded: random.next())
            case 1: body.insert(UInt8(truncatingIfNeeded: random.next()), at: at)
            case 2: body.remove(at: at)
            default: body.insert(contentsOf: Array(#","gift":"h""#.utf8), at: at)
            }
        }
    }
}
