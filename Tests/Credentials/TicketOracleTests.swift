import CJwt
import Credentials
import Glibc
import Testing
import Wire

/// Our verification beside libjwt's, over seeded damage to good tickets: the same answer, but for spellings
/// that libjwt forgives and we do not. For tokens that are odd but whole see `OddTicketTests`.
@Suite struct TicketOracleTests {
    private static let nowS: Int64 = 1_771_300_000

    private func ours(_ token: [UInt8], _ verifier: TicketVerifier) -> UInt64? {
        try? verifier.verify(token, nowS: Self.nowS).user
    }

    private func verifier(_ algorithm: TicketAlgorithm) throws -> TicketVerifier {
        try TicketVerifier(keys: [TestKeys.verifying(algorithm)], audience: "hongbao")
    }

    @Test("libjwt accepts what we sign", arguments: [TicketAlgorithm.hs256, .es256])
    func oursToTheirs(_ algorithm: TicketAlgorithm) throws {
        let signer = try TicketSigner(key: TestKeys.signing(algorithm))
        var random = SplitMix64(seed: 7)
        for _ in 0..<50 {
            let user = random.next()
            let token = signer.sign(user: user, audience: "hongbao", issuedAtS: 0, expiresAtS: Self.nowS + 60)
            #expect(LibjwtOracle.user(Array(token.utf8), algorithm, nowS: Self.nowS) == user)
        }
    }

    @Test("we accept what libjwt signs", arguments: [TicketAlgorithm.hs256, .es256])
    func theirsToOurs(_ algorithm: TicketAlgorithm) throws {
        let verifier = try verifier(algorithm)
        var random = SplitMix64(seed: 8)
        for _ in 0..<50 {
            let user = random.next()
            var made: OpaquePointer?
            try #require(jwt_new(&made) == 0)
            let jwt = try #require(made)
            defer { jwt_free(jwt) }
            let key = algorithm == .hs256 ? TestKeys.secret : TestKeys.p256Private
            let name = algorithm == .hs256 ? JWT_ALG_HS256 : JWT_ALG_ES256
            try #require(jwt_set_alg(jwt, name, key, Int32(key.count)) == 0)
            try #require(jwt_add_header(jwt, "kid", "k1") == 0)
            try #require(jwt_add_grant(jwt, "sub", "\(user)") == 0)
            try #require(jwt_add_grant(jwt, "aud", "hongbao") == 0)
            try #require(jwt_add_grant_int(jwt, "exp", Int(Self.nowS + 60)) == 0)
            let text = try #require(jwt_encode_str(jwt))
            defer { free(text) }
            #expect(ours(Array(String(cString: text).utf8), verifier) == user)
        }
    }

    @Test("the same answer on damaged tokens", arguments: [TicketAlgorithm.hs256, .es256])
    func damagedTokens(_ algorithm: TicketAlgorithm) throws {
        let verifier = try verifier(algorithm)
        let signer = try TicketSigner(key: TestKeys.signing(algorithm))
        var random = SplitMix64(seed: 9)
        var good = 0
        var forgiven = 0
        for round in 0..<(algorithm == .hs256 ? 6000 : 2000) {
            var token = Array(
                signer.sign(
                    user: random.next() % 1000, audience: "hongbao", issuedAtS: 0,
                    expiresAtS: Self.nowS + (round % 10 == 0 ? 0 : 60)
                ).utf8)
            if round % 8 != 0 { damage(&token, &random) }
            let accepted = ours(token, verifier)
            let theirs = LibjwtOracle.user(token, algorithm, nowS: Self.nowS)
            if accepted != nil { good += 1 }
            if accepted == nil, theirs != nil, isForgivenSpelling(token) {
                forgiven += 1
            } else {
                #expect(accepted == theirs, "\(String(decoding: token, as: UTF8.self))")
            }
        }
        #expect(good > 0)
        #expect(forgiven <= (algorithm == .hs256 ? 0 : 100), "forgiven: \(forgiven)")
    }

    /// libjwt decodes base 64 up to the first foreign character and drops unused bits: of one signature it
    /// takes many spellings, we take one.
    private func isForgivenSpelling(_ token: [UInt8]) -> Bool {
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count != 3 || parts.contains { Base64URL.decode($0) == nil }
    }

    private func damage(_ token: inout [UInt8], _ random: inout SplitMix64) {
        let alphabet = Array("AQgwZaz09-_.=+/".utf8)
        for _ in 0...random.next() % 2 {
            // Half of the damage goes near the end, where spellings differ without a difference in meaning.
            let reach = random.next() % 2 == 0 ? 3 : token.count
            let place = token.count - 1 - Int(random.next() % UInt64(reach))
            let byte = alphabet[Int(random.next() % UInt64(alphabet.count))]
            switch random.next() % 4 {
            case 0: token[place] = byte
            case 1: token.insert(byte, at: place + 1)
            case 2: token.remove(at: place)
            default: token[place] ^= 1 << UInt8(random.next() % 7)
            }
        }
        token.removeAll { $0 == 0 }  // a C string would end there
    }

    /// Claims damaged before they are signed: both read the same JSON.
    @Test func damagedClaims() throws {
        let verifier = try verifier(.hs256)
        let signer = try TicketSigner(key: TestKeys.signing(.hs256))
        let whole = Array(
            #"{"sub":"42","aud":"hongbao","exp":1771300060,"iat":0,"x":[true,null,{"y":1.5e3}]}"#.utf8)
        var random = SplitMix64(seed: 10)
        var good = 0
        for _ in 0..<4000 {
            var payload = whole
            for _ in 0...random.next() % 2 {
                let place = Int(random.next() % UInt64(payload.count))
                switch random.next() % 3 {
                case 0: payload[place] = UInt8(random.next() % 127 + 1)
                case 1: payload.insert(UInt8(random.next() % 127 + 1), at: place)
                default: payload.remove(at: place)
                }
            }
            let token = signer.sign(payload: payload)
            let accepted = ours(token, verifier)
            let theirs = LibjwtOracle.user(token, .hs256, nowS: Self.nowS)
            #expect(accepted == theirs, "\(String(decoding: payload, as: UTF8.self))")
            if accepted != nil { good += 1 }
        }
        #expect((100..<3900).contains(good), "the damage must leave some good, \(good)")
    }
}
