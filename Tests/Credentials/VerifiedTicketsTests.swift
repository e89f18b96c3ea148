import Credentials
import Testing
import Wire

@Suite struct VerifiedTicketsTests {
    private typealias Outcome = Result<Ticket, TicketError>
    private static let nowS = OddTickets.nowS

    private func verifier(_ algorithm: TicketAlgorithm = .hs256, leewayS: Int64 = 0) throws -> TicketVerifier
    {
        try TicketVerifier(keys: [TestKeys.verifying(algorithm)], audience: "hongbao", leewayS: leewayS)
    }

    private func signed(
        _ user: UInt64, expiresInS: Int64 = 60, _ algorithm: TicketAlgorithm = .hs256
    ) throws -> [UInt8] {
        let signer = try TicketSigner(key: TestKeys.signing(algorithm))
        return Array(
            signer.sign(
                user: user, audience: "hongbao", issuedAtS: 0, expiresAtS: Self.nowS + expiresInS
            ).utf8)
    }

    private func ask(
        _ cache: inout VerifiedTickets, _ token: [UInt8], nowS: Int64 = OddTickets.nowS
    ) -> Outcome {
        token.withUnsafeBufferPointer { bytes in
            do throws(TicketError) {
                return .success(try cache.verify(bytes, nowS: nowS))
            } catch {
                return .failure(error)
            }
        }
    }

    private func expect(
        _ cache: borrowing VerifiedTickets, hits: UInt64, misses: UInt64,
        at location: SourceLocation = #_sourceLocation
    ) {
        let counts = (cache.hits, cache.misses)
        #expect(counts == (hits, misses), sourceLocation: location)
    }

    @Test("a ticket is verified once and found from then on", arguments: TicketAlgorithm.allCases)
    func hits(_ algorithm: TicketAlgorithm) throws {
        var cache = VerifiedTickets(verifier: try verifier(algorithm), seed: (1, 2))
        for user in [0, 7, UInt64.max] {
            let token = try signed(user, algorithm)
            let ticket = Ticket(user: user, expiresAtS: Self.nowS + 60)
            for _ in 0..<3 { #expect(ask(&cache, token) == .success(ticket)) }
            let text = String(decoding: token, as: UTF8.self)
            let found = try cache.verify(text[...], nowS: Self.nowS)
            #expect(found == ticket)
        }
        expect(cache, hits: 9, misses: 3)
    }

    @Test("promise 10: a ticket found again is refused from its expiry on", arguments: [0, 5])
    func expiryOnHit(leewayS: Int64) throws {
        var cache = VerifiedTickets(verifier: try verifier(leewayS: leewayS), seed: (1, 2))
        let token = try signed(7)
        let good = Outcome.success(Ticket(user: 7, expiresAtS: Self.nowS + 60))
        #expect(ask(&cache, token) == good)
        #expect(ask(&cache, token, nowS: Self.nowS + 59 + leewayS) == good)
        #expect(ask(&cache, token, nowS: Self.nowS + 60 + leewayS) == .failure(.expired))
        expect(cache, hits: 2, misses: 1)
        // It was forgotten: the verifier is asked again, now and when the clock is set back.
        #expect(ask(&cache, token, nowS: Self.nowS + 60 + leewayS) == .failure(.expired))
        #expect(ask(&cache, token) == good)
        expect(cache, hits: 2, misses: 3)
    }

    @Test("promise 10: a ticket found again is refused before it is good, as after the clock was set back")
    func notBeforeOnHit() throws {
        var cache = VerifiedTickets(verifier: try verifier(leewayS: 2), seed: (1, 2))
        let token = try TestKeys.token(
            header: #"{"alg":"HS256","kid":"k1"}"#,
            payload: #"{"sub":"7","aud":"hongbao","exp":1771300060,"nbf":1771300000}"#)
        let good = Outcome.success(Ticket(user: 7, expiresAtS: Self.nowS + 60))
        #expect(ask(&cache, token, nowS: Self.nowS - 3) == .failure(.notYet))
        expect(cache, hits: 0, misses: 1)
        #expect(ask(&cache, token) == good)
        #expect(ask(&cache, token, nowS: Self.nowS - 3) == .failure(.notYet))
        #expect(ask(&cache, token, nowS: Self.nowS - 2) == good)
        expect(cache, hits: 2, misses: 2)
    }

    @Test("promise 10: tokens of one hash are told apart, to the last byte", arguments: [0, 7, UInt64.max])
    func collisions(hashMask: UInt64) throws {
        let verifier = try verifier()
        var cache = VerifiedTickets(verifier: verifier, entries: 64, seed: (1, 2), hashMask: hashMask)
        let tokens = try (0..<VerifiedTickets.ways).map { try signed(UInt64($0)) }
        for token in tokens { _ = ask(&cache, token) }
        for (user, token) in tokens.enumerated() {
            #expect(ask(&cache, token) == .success(Ticket(user: UInt64(user), expiresAtS: Self.nowS + 60)))
        }
        let token = tokens[3]
        for place in [0, token.count / 2, token.count - 1] {
            for bit in 0..<8 {
                var other = token
                other[place] ^= 1 << UInt8(bit)
                let refused = ask(&cache, other)
                #expect(throws: TicketError.self) { try refused.get() }
            }
        }
        for other in [token + [UInt8(ascii: "A")], Array(token.dropLast()), Array(token.dropFirst()), []] {
            let refused = ask(&cache, other)
            #expect(throws: TicketError.self) { try refused.get() }
        }
        #expect(ask(&cache, token) == .success(Ticket(user: 3, expiresAtS: Self.nowS + 60)))
    }

    @Test("refusals are not kept, and take nobody's place")
    func refusals() throws {
        var cache = VerifiedTickets(verifier: try verifier(), entries: 8, seed: (1, 2))
        let good = try signed(1)
        _ = ask(&cache, good)
        var bad = good
        bad[bad.count - 5] ^= 1
        for round in 0..<100 {
            let token = round % 2 == 0 ? bad : try signed(UInt64(round), expiresInS: 0)
            #expect(ask(&cache, token) == .failure(round % 2 == 0 ? .badSignature : .expired))
        }
        expect(cache, hits: 0, misses: 101)
        #expect(ask(&cache, good) == .success(Ticket(user: 1, expiresAtS: Self.nowS + 60)))
        expect(cache, hits: 1, misses: 101)
    }

    @Test("a token over the size of a slot is verified every time, one over the verifier's is refused")
    func longTokens() throws {
        var cache = VerifiedTickets(verifier: try verifier(), seed: (1, 2))
        var fitting: Set<Int> = []
        for filler in 200..<330 {
            for header in [#"{"alg":"HS256","kid":"k1"}"#, #"{"alg":"HS256","kid":"k1" }"#] {
                let x = String(repeating: "x", count: filler)
                let payload = #"{"sub":"1","aud":"hongbao","exp":1771300060,"x":"\#(x)"}"#
                let token = try TestKeys.token(header: header, payload: payload)
                let before = cache.hits
                for _ in 0..<2 {
                    #expect(ask(&cache, token) == .success(Ticket(user: 1, expiresAtS: Self.nowS + 60)))
                }
                let isFitting = token.count <= VerifiedTickets.maxTokenBytes
                let found = cache.hits - before
                #expect(found == (isFitting ? 1 : 0), "\(token.count) bytes")
                fitting.insert(token.count)
            }
        }
        #expect(fitting.contains(512) && fitting.contains(513))
        let huge = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 16)
        #expect(ask(&cache, huge) == .failure(.malformed))
        #expect(ask(&cache, []) == .failure(.malformed))
    }

    @Test("in a full set the least recently used makes room, and before it one that has expired")
    func eviction() throws {
        var cache = VerifiedTickets(verifier: try verifier(), entries: VerifiedTickets.ways, seed: (1, 2))
        let tokens = try (0..<12).map { try signed(UInt64($0), expiresInS: $0 == 5 ? 10 : 60) }
        for token in tokens[..<8] { _ = ask(&cache, token) }
        for token in tokens[..<8] { _ = ask(&cache, token) }
        expect(cache, hits: 8, misses: 8)
        _ = ask(&cache, tokens[0])
        _ = ask(&cache, tokens[8])  // in the place of 1
        for user in [0, 2, 3, 4, 5, 6, 7, 8] { _ = ask(&cache, tokens[user]) }
        expect(cache, hits: 17, misses: 9)
        let laterS = Self.nowS + 10
        _ = ask(&cache, tokens[9], nowS: laterS)  // in the place of 5, though 0 was used longer ago
        for user in [0, 2, 3, 4, 6, 7, 8, 9] { _ = ask(&cache, tokens[user], nowS: laterS) }
        expect(cache, hits: 25, misses: 10)
    }

    @Test("promise 10: it says what the verifier says, whatever is asked when", arguments: 0..<6)
    func likeTheVerifier(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let verifier = try verifier(leewayS: seed % 2 == 0 ? 0 : 3)
        var cache = VerifiedTickets(
            verifier: verifier, entries: [8, 16, 64][Int(seed % 3)], seed: (seed, ~seed),
            hashMask: seed < 3 ? .max : 0xF)
        var tokens = try (0..<60).map { try signed($0, expiresInS: Int64(random.next() % 100)) }
        for user in 60..<80 {
            tokens.append(
                try TestKeys.token(
                    header: #"{"alg":"HS256","kid":"k1"}"#,
                    payload: """
                        {"sub":"\(user)","aud":"hongbao","exp":\(Self.nowS + 50),
                        "nbf":\(Self.nowS + Int64(random.next() % 40))}
                        """))
        }
        var nowS = Self.nowS
        for _ in 0..<6000 {
            // Most of the time a few are asked for; the clock goes on, and back now and then.
            let choice = random.next() % (random.next() % 3 == 0 ? UInt64(tokens.count) : 9)
            var token = tokens[Int(choice)]
            if random.next() % 10 == 0 {
                token[Int(random.next() % UInt64(token.count))] ^= 1 << UInt8(random.next() % 7)
            }
            if random.next() % 60 == 0 { nowS += Int64(random.next() % 12) - 5 }
            let expected: Outcome
            do throws(TicketError) {
                expected = .success(try verifier.verify(token, nowS: nowS))
            } catch { expected = .failure(error) }
            let found = ask(&cache, token, nowS: nowS)
            if found != expected { Issue.record("\(found), not \(expected)") }
        }
        let (hits, misses) = (cache.hits, cache.misses)
        #expect(hits > 1000 && misses > 500 && hits + misses == 6000, "\(hits) \(misses)")
    }
}
