import Credentials
import Testing
import Wire

@Suite("Keys that end")
struct KeyEndTests {
    private static let untilS: Int64 = 1_772_323_200
    private static let secret = [UInt8](repeating: 5, count: 32)

    @Test("a line says when its key ends, or does not")
    func lines() throws {
        let plain = try KeyLine("1:hex:00ff")
        #expect(plain.text == "1:hex:00ff" && plain.untilS == .max)
        for line in [
            "1:hex:00ff until=2026-03-01T00:00:00Z", "1:hex:00ff \t until=2026-03-01T08:00:00+08:00 ",
        ] {
            let ended = try KeyLine(line)
            #expect(ended.text == "1:hex:00ff" && ended.untilS == Self.untilS)
        }
        for bad in ["", "2026-03-01", "tomorrow", "2026-13-01T00:00:00Z", "1969-12-31T23:59:59Z"] {
            #expect(throws: KeyFault(reason: .badEnd)) { try KeyLine("x until=\(bad)") }
        }
    }

    @Test("promise 10: a coupon of a key that has ended is refused, the other key's is not")
    func coupons() throws {
        let keys: [UInt8: Secret] = [1: Secret(Self.secret), 2: Secret(Array(repeating: 6, count: 32))]
        let codec = try CouponCodec(campaign: "c", keys: keys, untilS: [1: Self.untilS])
        let old = try CouponCodec(campaign: "c", keys: keys, signingKey: 1)
        let coupon = Coupon(serial: 1, holder: 2, kind: 0, expiresAtS: .max)
        #expect(try codec.verify(old.sign(coupon), nowS: Self.untilS - 1) == coupon)
        #expect(throws: CouponError.unknownKey) { try codec.verify(old.sign(coupon), nowS: Self.untilS) }
        #expect(try codec.verify(codec.sign(coupon), nowS: Self.untilS) == coupon)
    }

    @Test("promise 10: an operator's key ends, the next one under the same name goes on")
    func operators() throws {
        let old = APIKeyring.line(name: "mei", key: "old".utf8) + " until=2026-03-01T00:00:00Z"
        let keyring = try APIKeyring(lines: [old, APIKeyring.line(name: "mei", key: "new".utf8)])
        #expect(keyring.name(forKey: "old".utf8, nowS: Self.untilS - 1) == "mei")
        #expect(keyring.name(forKey: "old".utf8, nowS: Self.untilS) == nil)
        #expect(keyring.name(forKey: "new".utf8, nowS: Self.untilS) == "mei")
        #expect(throws: KeyFault(key: "line 1", reason: .badEnd)) {
            try APIKeyring(lines: [old + "x"])
        }
    }

    @Test("promise 10: a ticket is refused once its key has ended, one that is remembered too")
    func tickets() throws {
        let keys = [
            TicketKey(id: "old", algorithm: .hs256, material: Self.secret, untilS: Self.untilS),
            TicketKey(id: "new", algorithm: .hs256, material: Array(repeating: 6, count: 32)),
        ]
        let verifier = try TicketVerifier(keys: keys, audience: "hongbao")
        let tokens = try keys.map { key in
            try TicketSigner(key: key).sign(user: 7, audience: "hongbao", issuedAtS: 0, expiresAtS: .max)
        }
        var remembered = VerifiedTickets(verifier: verifier, entries: 8, seed: (1, 2))
        for token in tokens {
            #expect(try verifier.verify(token[...], nowS: Self.untilS - 1).user == 7)
            let ticket = try remembered.verify(token[...], nowS: Self.untilS - 1)
            #expect(ticket.user == 7)
        }
        #expect(throws: TicketError.unknownKey) { try verifier.verify(tokens[0][...], nowS: Self.untilS) }
        #expect(try verifier.verify(tokens[1][...], nowS: Self.untilS).user == 7)
        #expect(Self.error(&remembered, tokens[0]) == .unknownKey)
        #expect(Self.error(&remembered, tokens[1]) == nil)
        // Forgotten with its key: what it is asked next is the verifier's to say.
        let misses = remembered.misses
        #expect(Self.error(&remembered, tokens[0]) == .unknownKey)
        let after = remembered.misses
        #expect(after == misses + 1)
    }

    @Test("promise 10: with other keys nothing is remembered that the old ones signed")
    func otherKeys() throws {
        let old = TicketKey(id: "k", algorithm: .hs256, material: Self.secret)
        let new = TicketKey(id: "k", algorithm: .hs256, material: Array(repeating: 6, count: 32))
        let token = try TicketSigner(key: old).sign(user: 7, audience: "a", issuedAtS: 0, expiresAtS: .max)
        var remembered = VerifiedTickets(
            verifier: try TicketVerifier(keys: [old], audience: "a"), entries: 8, seed: (1, 2))
        #expect(Self.error(&remembered, token) == nil)
        remembered.adopt(try TicketVerifier(keys: [new], audience: "a"))
        #expect(Self.error(&remembered, token) == .badSignature)
    }

    private static func error(_ tickets: inout VerifiedTickets, _ token: String) -> TicketError? {
        do throws(TicketError) {
            _ = try tickets.verify(token[...], nowS: untilS)
            return nil
        } catch {
            return error
        }
    }
}
