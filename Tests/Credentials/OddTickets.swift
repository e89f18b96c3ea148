import Wire

/// Headers and claims as no issuer would write them, from a seed: members in any order, strings with escapes
/// nobody needs, space everywhere, further members of every kind. A wild one also breaks the rules of JSON,
/// the limits, or the claims' own, now and then; else each is good for `hongbao` at ``nowS``.
struct OddTickets {
    static let nowS: Int64 = 1_771_300_000

    var random: SplitMix64
    let isWild: Bool

    init(seed: UInt64, isWild: Bool) {
        random = SplitMix64(seed: seed)
        self.isWild = isWild
    }

    mutating func header(algorithm: String) -> [UInt8] {
        var members = [("alg", string(rarely(among: ["none", "ES256", "hs256", ""]) ?? algorithm))]
        members.append(("kid", string(rarely(among: ["k2", "K2", "\u{212A}2", "k9", ""]) ?? "k1")))
        if oneIn(2) { members.append(("typ", string(rarely(among: ["JWE", "J"]) ?? pick(["JWT", "jwt"])))) }
        if isWild, oneIn(30) { members.append(("crit", "[\"b64\"]")) }
        if isWild, oneIn(20) { members[Int(next(UInt64(members.count)))].1 = value(depth: 1) }
        return damaged(object(members + further(), depth: 0))
    }

    mutating func claims(user: UInt64) -> [UInt8] {
        let names = ["\"web\"", "1", "null", "[\"hongbao\"]", string("hongbao2")]
        var audience = string(rarely(among: Self.audiences) ?? "hongbao")
        if oneIn(3) {
            var several = (0..<next(3)).map { _ in pick(names) } + [audience]
            several.shuffle(using: &random)
            audience = "[" + several.joined(separator: space() + "," + space()) + "]"
        }
        var members = [("sub", string(rarely(among: ["01", "-1", "18446744073709551616"]) ?? "\(user)"))]
        members.append(("aud", audience))
        members.append(("exp", rarely(among: Self.numbers) ?? "\(Self.nowS + 1 + Int64(next(60)))"))
        if oneIn(2) {
            members.append(("nbf", rarely(among: Self.numbers) ?? "\(Self.nowS - Int64(next(60)))"))
        }
        if oneIn(3) {
            members.append(("device", string(rarely(among: Self.devices) ?? pick(["d1", "f\u{E9}e"]))))
        }
        if oneIn(3) {
            members.append(("account_created", rarely(among: Self.numbers) ?? "\(next(1_700_000_000))"))
        }
        if isWild, oneIn(20) { members[Int(next(UInt64(members.count)))].1 = value(depth: 1) }
        if isWild, oneIn(20) { members.remove(at: Int(next(UInt64(members.count)))) }
        return damaged(object(members + further(), depth: 0))
    }

    // MARK: - Values

    static let numbers = [
        "0", "-0", "1", "-1", "01", "-", "+1", ".5", "1.", "1e", "1.5e3", "1E+2", "1e999", "-1e-999",
        "1771300000", "1771300001", "1771299999", "999999999999999999", "1000000000000000000",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
        "123456789012345678901234567890", "1771300060.0", "1771300060 0", "0x1", "NaN",
    ]

    private static let audiences = ["hongba", "Hongbao", "", "Kaf\u{E9}", "\u{212A}afe\u{301}"]

    private static let devices = [
        "", String(repeating: "d", count: 64), String(repeating: "d", count: 65),
        String(repeating: "\u{20AC}", count: 21), String(repeating: "\u{20AC}", count: 22),
    ]

    private mutating func further() -> [(String, String)] {
        let most: UInt64 = isWild && oneIn(10) ? 40 : 4
        return (0..<next(most)).map { index in
            let twin = isWild && oneIn(10) ? pick(["a", "sub", "caf\u{E9}", "cafe\u{301}"]) : nil
            return (twin ?? "x\(index)", value(depth: 1))
        }
    }

    private mutating func value(depth: Int) -> String {
        switch next(depth < (isWild ? 5 : 3) ? 9 : 6) {
        case 0: return pick(["true", "false", "null"])
        case 1: return isWild && oneIn(4) ? pick(Self.numbers) : "\(next(1 << 62))"
        case 2: return "-\(next(1000)).\(next(1000))e-\(next(9))"
        case 3, 4: return string(pick(["", "a", "\u{20AC}uro", "\u{1F9E7}", "say \"hi\"\n", "hongbao"]))
        case 5: return isWild && oneIn(4) ? pick(Self.strangers) : "\"plain\""
        case 6: return "[]"
        case 7: return "[" + (0..<next(3)).map { _ in value(depth: depth + 1) }.joined(separator: ",") + "]"
        default: return object((0..<next(3)).map { ("y\($0)", value(depth: depth + 1)) }, depth: depth)
        }
    }

    /// No JSON, or hardly.
    private static let strangers = [
        "\"\\ud83e\"", "\"\\udde7\"", "\"\\ud83e\\ud83e\"", "\"\\ud83e\\udde7\"", "\"\\u12\"", "\"\\x\"",
        "\"\\",
        "\"\\u0000\"", "\"a\tb\"", "tru", "True", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"\\u0061\":2}",
        "{1:2}",
        "[[[[[]]]]]", "\"\u{FEFF}\"", "'a'", "",
    ]

    private mutating func object(_ members: [(String, String)], depth: Int) -> String {
        let shuffled = members.shuffled(using: &random)
        var text = "{" + space()
        for (index, (name, value)) in shuffled.enumerated() {
            text += index == 0 ? "" : "," + space()
            text += string(name) + space() + ":" + space() + value + space()
        }
        return (depth == 0 ? space() : "") + text + "}" + (depth == 0 ? space() : "")
    }

    /// A string with its quotes; some of its characters escaped, one way or the other.
    private mutating func string(_ text: String) -> String {
        var quoted = "\""
        let escapes = oneIn(4)
        for scalar in text.unicodeScalars {
            let isForced = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            guard isForced || escapes && oneIn(3) else {
                quoted.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16, uppercase: oneIn(2))
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return quoted + "\""
    }

    private mutating func space() -> String {
        oneIn(6) ? pick([" ", "\n", "\r\n", "\t", "   "]) : ""
    }

    // MARK: - Damage and chance

    /// A wild text loses, gains or changes a few bytes now and then.
    private mutating func damaged(_ text: String) -> [UInt8] {
        var bytes = Array(text.utf8)
        guard isWild, oneIn(5) else { return bytes }
        for _ in 0...next(2) where !bytes.isEmpty {
            let place = Int(next(UInt64(bytes.count)))
            switch next(5) {
            case 0: bytes[place] = UInt8(next(256))
            case 1: bytes.insert(pick(Array("\"\\{}[]:, 0-eu\u{0}".utf8)), at: place)
            case 2: bytes.remove(at: place)
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int(next(12))))
            default:
                let end = min(bytes.count, place + Int(next(20)))
                bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
            }
        }
        return bytes
    }

    mutating func next(_ bound: UInt64) -> UInt64 { random.next() % bound }

    mutating func oneIn(_ n: UInt64) -> Bool { next(n) == 0 }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int(next(UInt64(elements.count)))]
    }

    /// A wild ticket's oddity in place of what is right; nil mostly, and always for a tame one.
    private mutating func rarely(among oddities: [String]) -> String? {
        isWild && oneIn(12) ? pick(oddities) : nil
    }
}
