import Credentials
import Testing
import Wire

/// Tickets that are odd but signed rightly, beside libjwt: the same answer, and where not, the reason.
@Suite struct OddTicketTests {
    /// Who accepts a token.
    enum Who: Sendable {
        case both, neither
        /// We refuse it, for the reason given.
        case onlyLibjwt(String)
        /// libjwt (jansson) refuses it, for the reason given.
        case onlyWe(String)
    }

    private static let algorithms = [TicketAlgorithm.hs256, .es256]

    /// So many elements of an array.
    private static func ones(_ count: Int) -> String {
        Array(repeating: "1", count: count).joined(separator: ",")
    }

    private func judge(
        _ header: String, _ payload: String, _ algorithm: TicketAlgorithm
    ) throws -> (ours: UInt64?, libjwt: UInt64?) {
        let token = try TestKeys.token(header: header, payload: payload, signedBy: algorithm)
        let verifier = try TicketVerifier(keys: [TestKeys.verifying(algorithm)], audience: "hongbao")
        return (
            try? verifier.verify(token, nowS: OddTickets.nowS).user,
            LibjwtOracle.user(token, algorithm, nowS: OddTickets.nowS)
        )
    }

    private func expect(
        _ who: Who, _ found: (ours: UInt64?, libjwt: UInt64?), _ text: String,
        at location: SourceLocation = #_sourceLocation
    ) {
        let expected: (UInt64?, UInt64?)
        switch who {
        case .both: expected = (1, 1)
        case .neither: expected = (nil, nil)
        case .onlyLibjwt: expected = (nil, 1)
        case .onlyWe: expected = (1, nil)
        }
        #expect(found == expected, "\(text)", sourceLocation: location)
    }

    @Test(
        "claims, odd but good",
        arguments: [
            (#"{"exp":1771300060,"aud":"hongbao","sub":"1"}"#, .both),
            ("\r\n\t { \"aud\" : [ \"hongbao\" ] ,\n\"exp\"\t:1771300060 , \"sub\" : \"1\" } \n", .both),
            (#"{"\u0073ub":"\u0031","\u0061ud":"hongb\u0061o","exp":1771300060}"#, .both),
            (#"{"sub":"1","aud":["web",1,null,["hongbao"],{"a":1},"hongbao"],"exp":1771300060}"#, .both),
            (#"{"sub":"1","aud":["web",["hongbao"]],"exp":1771300060}"#, .neither),
            (#"{"sub":"1","aud":{"hongbao":true},"exp":1771300060}"#, .neither),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060,"nbf":1771300000}"#, .both),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060,"nbf":1771300001}"#, .neither),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060,"x":{"y":[1,{"z":0}]}}"#, .both),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060,"x":"\ud83e\udde7\/\b\f\"\\"}"#, .both),
            ("{\"sub\":\"1\",\"aud\":\"hongbao\",\"exp\":1771300060,\"\u{1F9E7}\":\"\u{7EA2}\"}", .both),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060,"x":9223372036854775807}"#, .both),
            (#"{"sub":"1","aud":"hongbao","exp":9223372036854775807}"#, .both),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060,"x":[-0,0.5,1E-9,-1.5e+3]}"#, .both),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060.0}"#, .neither),
            (#"{"sub":"1","aud":"hongbao","exp":17713000600e-1}"#, .neither),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060,"x":1e999}"#, .neither),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060,"x":"\ud83e"}"#, .neither),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060,"x":"\x41"}"#, .neither),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060,"x":01}"#, .neither),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060,}"#, .neither),
            (#"{"sub":"1","aud":"hongbao","exp":1771300060}{}"#, .neither),
        ] as [(String, Who)], algorithms)
    func claims(_ line: (String, Who), _ algorithm: TicketAlgorithm) throws {
        let header = #"{"alg":"\#(algorithm.rawValue)","kid":"k1"}"#
        expect(line.1, try judge(header, line.0, algorithm), line.0)
    }

    @Test(
        "claims on which the two differ",
        arguments: [
            (
                #"{"sub":"1","aud":"hongbao","exp":1771300060,"exp":1771300060}"#,
                .onlyLibjwt("a claim that stands twice means whatever its reader takes (RFC 7519 §4)")
            ),
            (
                #"{"sub":"1","aud":"hongbao","exp":1771300060,"x":[[[[1]]]]}"#,
                .onlyLibjwt("nested deeper than four: a reader's stack is bounded")
            ),
            (
                #"{"sub":"1","aud":"hongbao","exp":1771300060,"x":[\#(Self.ones(64))]}"#,
                .onlyLibjwt("more than 64 values: a ticket's cost is bounded")
            ),
            (
                #"{"sub":"1","aud":"hongbao","exp":1771300060,"x":0.\#(String(repeating: "1", count: 127))}"#,
                .onlyLibjwt("a number of more than 128 bytes")
            ),
            (
                #"{"sub":"1","aud":"hongbao","exp":1771300060,"nbf":"1"}"#,
                .onlyLibjwt("a time that is no number is not taken for none")
            ),
            (
                #"{"sub":"1","aud":"hongbao","exp":1771300060,"nbf":1771300001.5}"#,
                .onlyLibjwt("nor is a fraction, which RFC 7519 would allow and no issuer of ours sends")
            ),
            (
                #"{"sub":"1","aud":"hongbao","exp":1771300060,"x":9223372036854775808}"#,
                .onlyWe("a claim nobody asks for may be beyond 64 bits")
            ),
            (
                #"{"sub":"1","aud":"hongbao","exp":1771300060,"x":"\u0000"}"#,
                .onlyWe("a NUL ends a C string, not one of Swift's")
            ),
        ] as [(String, Who)], algorithms)
    func differing(_ line: (String, Who), _ algorithm: TicketAlgorithm) throws {
        let header = #"{"alg":"\#(algorithm.rawValue)","kid":"k1"}"#
        expect(line.1, try judge(header, line.0, algorithm), line.0)
    }

    @Test(
        "headers",
        arguments: [
            (#"{"alg":"ALG","typ":"JWT","kid":"k1"}"#, .both),
            (#"{"kid":"k1","typ":"JWT","alg":"ALG"}"#, .both),
            (#" { "kid" : "k1" , "alg" : "ALG" } "#, .both), (#"{"\u0061lg":"ALG","kid":"\u006b1"}"#, .both),
            (#"{"alg":"ALG","kid":"k1","typ":"jWt"}"#, .both),
            (#"{"alg":"ALG","kid":"k1","x5c":["MII","MIJ"],"jwk":{"kty":"oct","k":"AA"}}"#, .both),
            (#"{"alg":"ALG","kid":"k1","typ":"at+jwt"}"#, .neither), (#"{"alg":"ALG"}"#, .neither),
            (#"{"alg":"ALG","kid":1}"#, .neither), (#"{"kid":"k1"}"#, .neither),
            (#"{"alg":["ALG"],"kid":"k1"}"#, .neither),
            (
                #"{"alg":"ALG","kid":"k1","typ":1}"#,
                .onlyLibjwt("a type that is no string is no type we know")
            ),
            (
                #"{"alg":"ALG","kid":"k1","crit":["exp"],"exp":1}"#,
                .onlyLibjwt("an extension that must be understood (RFC 7515 §4.1.11), and is not")
            ),
            (
                #"{"alg":"ALG","kid":"k1","kid":"k1"}"#,
                .onlyLibjwt("a parameter that stands twice (RFC 7515 §4: must be unique)")
            ),
        ] as [(String, Who)], algorithms)
    func headers(_ line: (String, Who), _ algorithm: TicketAlgorithm) throws {
        let header = line.0.replacing("ALG", with: algorithm.rawValue)
        expect(line.1, try judge(header, #"{"sub":"1","aud":"hongbao","exp":1771300060}"#, algorithm), header)
    }

    @Test("odd but good tickets from a seed: libjwt and we find the same person", arguments: algorithms)
    func seeded(_ algorithm: TicketAlgorithm) throws {
        var odd = OddTickets(seed: 11, isWild: false)
        for _ in 0..<(algorithm == .hs256 ? 3000 : 300) {
            let user = odd.random.next()
            let header = String(decoding: odd.header(algorithm: algorithm.rawValue), as: UTF8.self)
            let payload = String(decoding: odd.claims(user: user), as: UTF8.self)
            let found = try judge(header, payload, algorithm)
            if found != (user, user) { Issue.record("\(found), not \(user): \(header) \(payload)") }
        }
    }

    @Test("wild tickets from a seed: whom we let in libjwt lets in, but for the two kinds it cannot read")
    func wild() throws {
        var odd = OddTickets(seed: 12, isWild: true)
        var (both, neither) = (0, 0)
        for _ in 0..<6000 {
            let header = String(decoding: odd.header(algorithm: "HS256"), as: UTF8.self)
            let payload = String(decoding: odd.claims(user: 1), as: UTF8.self)
            let found = try judge(header, payload, .hs256)
            if found.ours != nil, found.libjwt == nil {
                let isBeyondC =
                    payload.contains("u0000") || header.contains("u0000")
                    || (header + payload).contains(#/[0-9]{19}/#)
                #expect(isBeyondC, "\(header) \(payload)")
            } else if let mine = found.ours {
                #expect(found.libjwt == mine)
                both += 1
            } else if found.libjwt == nil {
                neither += 1
            }
        }
        #expect(both > 1000 && neither > 1000, "\(both) \(neither)")
    }
}
