import Credentials
import Testing
import Wire

/// The verifier that reads tickets where they lie beside the one that builds trees (`TreeTicketVerifier`):
/// the same ticket or the same error, for everything.
@Suite struct TicketTreeTests {
    private typealias Outcome = Result<Ticket, TicketError>

    /// One verifier and its oracle.
    private struct Pair {
        let ours: TicketVerifier
        let tree: TreeTicketVerifier

        init(audience: String, leewayS: Int64 = 0) throws {
            let keys = [
                TestKeys.verifying(.hs256), TestKeys.verifying(.hs256, id: "K2"),
                TestKeys.verifying(.es256, id: "k2"),
            ]
            ours = try TicketVerifier(keys: keys, audience: audience, leewayS: leewayS)
            tree = try TreeTicketVerifier(keys: keys, audience: audience, leewayS: leewayS)
        }

        /// What both say; records where they differ.
        func outcome(_ token: [UInt8], nowS: Int64 = OddTickets.nowS) -> Outcome {
            let mine: Outcome
            let theirs: Outcome
            do throws(TicketError) {
                mine = .success(
                    try token.withUnsafeBufferPointer { bytes throws(TicketError) in
                        try ours.verify(bytes, nowS: nowS)
                    })
            } catch { mine = .failure(error) }
            do throws(TicketError) {
                theirs = .success(try tree.verify(token, nowS: nowS))
            } catch { theirs = .failure(error) }
            if mine != theirs {
                let parts = token.split(separator: UInt8(ascii: ".")).prefix(2).map { part in
                    Base64URL.decode(part).map { String(decoding: $0, as: UTF8.self) } ?? "?"
                }
                Issue.record("\(mine), the tree says \(theirs): \(parts)")
            }
            return mine
        }
    }

    private func token(_ header: [UInt8], _ payload: [UInt8], sign: TicketMechanism) -> [UInt8] {
        var token = Base64URL.encode(header) + [UInt8(ascii: ".")]
        Base64URL.append(payload, to: &token)
        let signature = sign.sign(token)
        token.append(UInt8(ascii: "."))
        Base64URL.append(signature, to: &token)
        return token
    }

    @Test("odd and broken headers and claims, signed", arguments: 0..<8)
    func signed(seed: UInt64) throws {
        let pairs = [
            try Pair(audience: "hongbao"), try Pair(audience: "hongbao", leewayS: 30),
            try Pair(audience: "\u{212A}af\u{E9}"), try Pair(audience: ""),
        ]
        let sign = try TestKeys.signing(.hs256).mechanism(isPrivate: true)
        var odd = OddTickets(seed: seed, isWild: true)
        var seen: [String: Int] = [:]
        for _ in 0..<2000 {
            let usual = Array(#"{"alg":"HS256","typ":"JWT","kid":"k1"}"#.utf8)
            let header = odd.oneIn(2) ? usual : odd.header(algorithm: "HS256")
            let token = token(header, odd.claims(user: odd.random.next()), sign: sign)
            let pair = odd.oneIn(2) ? pairs[0] : odd.pick(pairs)
            let nowS = odd.oneIn(8) ? odd.pick([.min, -1, 0, .max]) : OddTickets.nowS
            switch pair.outcome(token, nowS: nowS) {
            case .success: seen["good", default: 0] += 1
            case .failure(let error): seen[error.rawValue, default: 0] += 1
            }
        }
        for kind in ["good", "malformed", "unknownKey", "wrongAlgorithm", "expired", "wrongAudience"] {
            #expect(seen[kind, default: 0] > 20, "\(seen)")
        }
        #expect(seen["badSubject", default: 0] > 0 && seen["notYet", default: 0] > 0, "\(seen)")
    }

    @Test("tokens damaged after they were signed", arguments: 0..<4)
    func damaged(seed: UInt64) throws {
        let pair = try Pair(audience: "hongbao")
        let sign = try TestKeys.signing(.hs256).mechanism(isPrivate: true)
        var odd = OddTickets(seed: 100 + seed, isWild: false)
        let alphabet = Array("AQgwZaz09-_.=+/\u{0}".utf8)
        for round in 0..<2500 {
            var token = token(odd.header(algorithm: "HS256"), odd.claims(user: 7), sign: sign)
            if round % 50 == 0 {
                guard case .success = pair.outcome(token) else { Issue.record("a tame one"); continue }
            }
            for _ in 0...odd.next(2) {
                let place = Int(odd.next(UInt64(token.count)))
                switch odd.next(4) {
                case 0: token[place] = odd.pick(alphabet)
                case 1: token.insert(odd.pick(alphabet), at: place)
                case 2: token.removeSubrange(place..<min(token.count, place + 1 + Int(odd.next(8))))
                default: token[place] ^= 1 << UInt8(odd.next(8))
                }
                if token.isEmpty { break }
            }
            _ = pair.outcome(token)
        }
    }

    @Test("names are equal as Swift's strings are, of whatever bytes and escapes")
    func spellings() throws {
        func good(_ audience: String, kid: String, aud: String) throws -> Bool {
            let token = try TestKeys.token(
                header: #"{"al\u0067":"HS\u00325\u0036","kid":"\#(kid)"}"#,
                payload: #"{"\u0073ub":"\u0031","aud":\#(aud),"e\u0078p":1771300060}"#)
            if case .success(let ticket) = try Pair(audience: audience).outcome(token) {
                return ticket.user == 1
            }
            return false
        }
        #expect(try good("hongbao", kid: "k1", aud: #""hongbao""#))
        #expect(try good("hongbao", kid: #"\u006b1"#, aud: #""h\u006fngbao""#))
        #expect(try good("hongbao", kid: #"\u004B2"#, aud: #"[1,"h\u006Fngbao"]"#))
        #expect(try good("hongbao", kid: #"\u212A2"#, aud: #"["hongbao"]"#))
        #expect(try good("\u{212A}af\u{E9}", kid: "\u{212A}2", aud: "\"Kaf\u{E9}\""))
        #expect(try good("Kaf\u{E9}", kid: "K2", aud: "[\"\u{212A}afe\u{301}\"]"))
        #expect(try good("\u{212A}", kid: "K2", aud: "\"K\""))
        #expect(try !good("hongbao", kid: "k1 ", aud: #""hongbao""#))
        #expect(try !good("hongbao", kid: "k1", aud: "\"hongbao\u{301}\""))
        #expect(try !good("Kaf\u{E9}", kid: "k1", aud: "\"Kafe\""))
    }

    @Test("the limits: depth, values, length, digits; and names that stand twice")
    func limits() throws {
        let pair = try Pair(audience: "hongbao")
        func good(_ more: String) throws -> Bool {
            let payload = #"{"sub":"1","aud":"hongbao","exp":1771300060\#(more)}"#
            let token = try TestKeys.token(header: #"{"alg":"HS256","kid":"k1"}"#, payload: payload)
            if case .success = pair.outcome(token) { return true } else { return false }
        }
        func members(_ range: Range<Int>, _ name: (Int) -> String) -> String {
            range.map { ",\"\(name($0))\":1" }.joined()
        }
        #expect(try good(#","x":[[{}]]"#) && !good(#","x":[[[{}]]]"#))
        #expect(try good(members(0..<60) { "a\($0)" }) && !good(members(0..<61) { "a\($0)" }))
        #expect(try good(",\"x\":" + String(repeating: "1", count: 128)))
        #expect(try !good(",\"x\":" + String(repeating: "1", count: 129)))
        // Before and behind the places for plain names; with an escape before, between and behind.
        for last in [1, 27, 28, 29, 30, 31, 40, 58] {
            let some = members(0..<last) { "a\($0)" }
            #expect(try good(some + #","b":1"#) && good(some + #","\u0062":1"#))
            for twin in ["a0", "a\(last - 1)", "sub", "\\u0061\(last - 1)", "ex\\u0070"] {
                #expect(try !good(some + ",\"\(twin)\":1"))
                #expect(try !good(",\"\\u007a\":2" + some + ",\"\(twin)\":1"))
            }
        }
        // A name is its own in each object; one is closed before the next opens.
        #expect(try good(#","x":{"sub":1,"x":{"sub":2}},"y":{"sub":3,"x":4}"#))
        #expect(try !good(#","x":{"y":{"z":1},"q":2,"y":3}"#))
        #expect(try !good(#","x":{"y":{"z":1,"z":2}}"#))
        // Other bytes, the same name.
        #expect(try !good(",\"caf\u{E9}\":1,\"cafe\u{301}\":1"))
    }
}
