import Credentials
import Testing
import Wire

@Suite struct TicketTests {
    private static let nowS: Int64 = 1_771_300_000
    private static let header = #"{"alg":"HS256","typ":"JWT","kid":"k1"}"#

    private func verifier(_ algorithm: TicketAlgorithm = .hs256, leewayS: Int64 = 0) throws -> TicketVerifier
    {
        try TicketVerifier(keys: [TestKeys.verifying(algorithm)], audience: "hongbao", leewayS: leewayS)
    }

    private func outcome(header: String = TicketTests.header, _ payload: String) throws -> TicketError? {
        do throws(TicketError) {
            _ = try verifierOfAll.verify(
                try! TestKeys.token(header: header, payload: payload), nowS: Self.nowS)
            return nil
        } catch {
            return error
        }
    }

    private let verifierOfAll = try! TicketVerifier(
        keys: [
            TestKeys.verifying(.hs256), TestKeys.verifying(.es256, id: "k2"),
            TestKeys.verifying(.edDSA, id: "k3"),
        ], audience: "hongbao")

    @Test(
        "promise 10: a ticket is good with each algorithm, from its issue to its expiry",
        arguments: TicketAlgorithm.allCases)
    func goodTickets(_ algorithm: TicketAlgorithm) throws {
        let signer = try TicketSigner(key: TestKeys.signing(algorithm))
        let verifier = try verifier(algorithm)
        for user in [0, 1, 10_001, UInt64.max] {
            let token = signer.sign(
                user: user, audience: "hongbao", issuedAtS: Self.nowS, expiresAtS: Self.nowS + 60)
            let ticket = Ticket(user: user, expiresAtS: Self.nowS + 60)
            #expect(try verifier.verify(Array(token.utf8), nowS: Self.nowS) == ticket)
            #expect(try verifier.verify(token.utf8, nowS: Self.nowS) == ticket)
            #expect(try verifier.verify(token[...], nowS: Self.nowS + 59) == ticket)
            #expect(throws: TicketError.expired) { try verifier.verify(token[...], nowS: Self.nowS + 60) }
            #expect(throws: TicketError.expired) { try verifier.verify(token[...], nowS: .max) }
        }
    }

    @Test("promise 10: the algorithm is the key's, not the ticket's")
    func pinnedAlgorithm() throws {
        let payload = #"{"sub":"1","aud":"hongbao","exp":1771300060}"#
        for name in ["none", "None", "NONE", "HS384", "HS512", "RS256", "ES256", "EdDSA", "hs256", ""] {
            #expect(try outcome(header: #"{"alg":"\#(name)","kid":"k1"}"#, payload) == .wrongAlgorithm)
        }
        let unsigned =
            Base64URL.encode(Array(#"{"alg":"none","kid":"k1"}"#.utf8)) + [UInt8(ascii: ".")]
            + Base64URL.encode(Array(payload.utf8)) + [UInt8(ascii: ".")]
        #expect(throws: TicketError.wrongAlgorithm) { try verifierOfAll.verify(unsigned, nowS: Self.nowS) }
        let stripped =
            Base64URL.encode(Array(Self.header.utf8)) + [UInt8(ascii: ".")]
            + Base64URL.encode(Array(payload.utf8)) + [UInt8(ascii: ".")]
        #expect(throws: TicketError.badSignature) { try verifierOfAll.verify(stripped, nowS: Self.nowS) }
    }

    /// The classic confusion: the public key, which everybody has, used as an HMAC secret.
    @Test("promise 10: a public key never serves as a shared secret")
    func algorithmConfusion() throws {
        for (id, material) in [("k2", TestKeys.p256Public), ("k3", TestKeys.ed25519Public)] {
            let forger = try TicketSigner(key: TicketKey(id: id, algorithm: .hs256, material: material))
            let token = forger.sign(user: 1, audience: "hongbao", issuedAtS: 0, expiresAtS: Self.nowS + 60)
            #expect(throws: TicketError.wrongAlgorithm) {
                try verifierOfAll.verify(token[...], nowS: Self.nowS)
            }
        }
    }

    @Test func foreignKeys() throws {
        let payload = #"{"sub":"1","aud":"hongbao","exp":1771300060}"#
        #expect(try outcome(header: #"{"alg":"HS256","kid":"k9"}"#, payload) == .unknownKey)
        #expect(try outcome(header: #"{"alg":"HS256"}"#, payload) == .unknownKey)
        #expect(try outcome(header: #"{"alg":"HS256","kid":1}"#, payload) == .unknownKey)
        let other = try TicketSigner(
            key: TicketKey(id: "k1", algorithm: .hs256, material: [UInt8](repeating: 7, count: 32)))
        let token = other.sign(user: 1, audience: "hongbao", issuedAtS: 0, expiresAtS: Self.nowS + 60)
        #expect(throws: TicketError.badSignature) { try verifierOfAll.verify(token[...], nowS: Self.nowS) }
    }

    @Test(
        arguments: [
            (#"{"sub":"1","aud":"hongbao","exp":1771300060}"#, nil),
            (#"{"sub":"1","aud":["web","hongbao"],"exp":1771300060,"iss":"login","x":{"y":[]}}"#, nil),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060,"nbf":1771300000}"#, nil),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060,"nbf":1771300001}"#, .notYet),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060,"nbf":"1"}"#, .malformed),
            (#"{"sub":"1","aud":"hongbao","exp":1771300000}"#, .expired),
            (#"{"sub":"1","aud":"hongbao","exp":0}"#, .expired),
            (#"{"sub":"1","aud":"hongbao","exp":-1}"#, .malformed),
            (#"{"sub":"1","aud":"hongbao","exp":1e99}"#, .malformed),
            (#"{"sub":"1","aud":"hongbao","exp":"1771300060"}"#, .malformed),
            (#"{"sub":"1","aud":"hongbao"}"#, .malformed),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060,"exp":1}"#, .malformed),
            (#"{"sub":"1","exp":1771300060}"#, .wrongAudience),
            (#"{"sub":"1","aud":"hongba","exp":1771300060}"#, .wrongAudience),
            (#"{"sub":"1","aud":"Hongbao","exp":1771300060}"#, .wrongAudience),
            (#"{"sub":"1","aud":["web"],"exp":1771300060}"#, .wrongAudience),
            (#"{"sub":"1","aud":[["hongbao"]],"exp":1771300060}"#, .wrongAudience),
            (#"{"sub":"1","aud":{"hongbao":1},"exp":1771300060}"#, .wrongAudience),
            (#"{"aud":"hongbao","exp":1771300060}"#, .badSubject),
            (#"{"sub":1,"aud":"hongbao","exp":1771300060}"#, .badSubject),
            (#"{"sub":"","aud":"hongbao","exp":1771300060}"#, .badSubject),
            (#"{"sub":"01","aud":"hongbao","exp":1771300060}"#, .badSubject),
            (#"{"sub":"-1","aud":"hongbao","exp":1771300060}"#, .badSubject),
            (#"{"sub":"18446744073709551616","aud":"hongbao","exp":1771300060}"#, .badSubject),
            (#"["sub","1"]"#, .malformed), ("", .malformed), ("{", .malformed),
        ] as [(String, TicketError?)])
    func claims(payload: String, expected: TicketError?) throws {
        #expect(try outcome(payload) == expected)
    }

    @Test(
        arguments: [
            (#"{"alg":"HS256","kid":"k1"}"#, nil), (#"{"alg":"HS256","kid":"k1","typ":"jwt"}"#, nil),
            (#"{"alg":"HS256","kid":"k1","jku":"http://evil/keys"}"#, nil),
            (#"{"alg":"HS256","kid":"k1","typ":"JWE"}"#, .malformed),
            (#"{"alg":"HS256","kid":"k1","typ":1}"#, .malformed),
            (#"{"alg":"HS256","kid":"k1","crit":["b64"],"b64":false}"#, .malformed),
            (#"{"alg":"HS256","alg":"none","kid":"k1"}"#, .malformed), (#"{"kid":"k1"}"#, .malformed),
            (#"{"alg":1,"kid":"k1"}"#, .malformed), (#"[]"#, .malformed), ("", .malformed),
        ] as [(String, TicketError?)])
    func headers(header: String, expected: TicketError?) throws {
        #expect(try outcome(header: header, #"{"sub":"1","aud":"hongbao","exp":1771300060}"#) == expected)
    }

    @Test(arguments: [
        "", ".", "..", "...", "a", "a.b", "a.b.c", "a.b.c.d", "e30.e30.", "e30.e30.e30", "Bearer x.y.z",
        "\u{0}",
        "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIn0", "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIn0=.e30.AA",
    ])
    func garbage(_ token: String) throws {
        #expect(throws: TicketError.malformed) { try verifierOfAll.verify(token[...], nowS: Self.nowS) }
    }

    @Test func sizeIsBounded() throws {
        func token(filler: Int) throws -> [UInt8] {
            let x = String(repeating: "x", count: filler)
            return try TestKeys.token(
                header: Self.header, payload: #"{"sub":"1","aud":"hongbao","exp":1771300060,"x":"\#(x)"}"#)
        }
        let filler = try #require(
            (1300..<1500).last { try token(filler: $0).count <= TicketVerifier.maxBytes })
        #expect(try verifierOfAll.verify(token(filler: filler), nowS: Self.nowS).user == 1)
        #expect(throws: TicketError.malformed) {
            try verifierOfAll.verify(token(filler: filler + 1), nowS: Self.nowS)
        }
        let huge = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
        #expect(throws: TicketError.malformed) { try verifierOfAll.verify(huge, nowS: Self.nowS) }
    }

    @Test func leewayCoversAClockThatIsOff() throws {
        let verifier = try verifier(leewayS: 5)
        let token = try TestKeys.token(
            header: Self.header, payload: #"{"sub":"1","aud":"hongbao","exp":1771300060,"nbf":1771300000}"#)
        #expect(throws: TicketError.notYet) { try verifier.verify(token, nowS: Self.nowS - 6) }
        _ = try verifier.verify(token, nowS: Self.nowS - 5)
        _ = try verifier.verify(token, nowS: Self.nowS + 64)
        #expect(throws: TicketError.expired) { try verifier.verify(token, nowS: Self.nowS + 65) }
        let endless = try TestKeys.token(
            header: Self.header,
            payload: #"{"sub":"1","aud":"hongbao","exp":9223372036854775807,"nbf":-9223372036854775808}"#)
        _ = try verifier.verify(endless, nowS: Self.nowS)
    }

    /// Not one bit of a good ticket can be changed.
    @Test("promise 10: a damaged ticket is refused", arguments: TicketAlgorithm.allCases)
    func everyBitCounts(_ algorithm: TicketAlgorithm) throws {
        let signer = try TicketSigner(key: TestKeys.signing(algorithm))
        let verifier = try verifier(algorithm)
        let token = Array(
            signer.sign(user: 10_001, audience: "hongbao", issuedAtS: 0, expiresAtS: Self.nowS + 60).utf8)
        for bit in 0..<token.count * 8 {
            var damaged = token
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: TicketError.self) { try verifier.verify(damaged, nowS: Self.nowS) }
        }
    }

    @Test("promise 10: hostile tickets are refused without a crash")
    func noise() {
        var random = SplitMix64(seed: 3)
        let good = try! TestKeys.token(
            header: Self.header, payload: #"{"sub":"1","aud":"hongbao","exp":1771300060}"#)
        let alphabet = Array("AZaz09-_.=\n{}\"".utf8)
        for round in 0..<5000 {
            var token: [UInt8]
            if round % 2 == 0 {
                token = (0..<random.next() % 64).map { _ in
                    alphabet[Int(random.next() % UInt64(alphabet.count))]
                }
            } else {
                token = good
                for _ in 0...random.next() % 3 {
                    let place = Int(random.next() % UInt64(token.count))
                    switch random.next() % 3 {
                    case 0: token[place] ^= UInt8(truncatingIfNeeded: random.next() % 255 + 1)
                    case 1: token.remove(at: place)
                    default: token.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                    }
                }
            }
            guard token != good else { continue }
            #expect(throws: TicketError.self) { try verifierOfAll.verify(token, nowS: Self.nowS) }
        }
    }
}
