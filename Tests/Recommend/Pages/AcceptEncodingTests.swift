import Testing
import Wire

@testable import Recommend

@Suite("Accept-Encoding")
struct AcceptEncodingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let field: String
        /// -1 = refused, 0 = acceptable unasked.
        let brotli: Int
        let gzip: Int
        let identity: Int

        init(_ field: String, _ brotli: Int, _ gzip: Int, _ identity: Int) {
            self.field = field
            self.brotli = brotli
            self.gzip = gzip
            self.identity = identity
        }

        var testDescription: String { "\"\(field)\"" }
    }

    @Test(
        "weights, names and wildcards (RFC 9110 section 12.5.3)",
        arguments: [
            Case("", -1, -1, 0),
            Case("gzip, deflate, br, zstd", 1000, 1000, 0),
            Case("compress, gzip", -1, 1000, 0),
            Case("*", 1000, 1000, 1000),
            Case("compress;q=0.5, gzip;q=1.0", -1, 1000, 0),
            Case("gzip;q=1.0, identity; q=0.5, *;q=0", -1, 1000, 500),
            Case("identity;q=0", -1, -1, -1),
            Case("*;q=0", -1, -1, -1),
            Case("*;q=0, identity", -1, -1, 1000),
            Case("identity;q=0, *;q=0.001", 1, 1, -1),
            Case("gzip;q=0, *;q=0.8", 800, -1, 800),
            Case("GZip ; Q=0.25 ,\tBR;q=0.075", 75, 250, 0),
            Case("x-gzip", -1, 1000, 0),
            Case("gzip, x-gzip;q=0", -1, 1000, 0),
            Case(" , ,br,, ", 1000, -1, 0),
            Case("br;q=0.", -1, -1, 0),
            Case("br;q=1.", 1000, -1, 0),
            Case("br;q=1.000, gzip;q=0.999", 1000, 999, 0),
            Case("gzipp, brr, b, identity2", -1, -1, 0),
        ])
    func weights(_ one: Case) {
        let accepted = AcceptEncoding(one.field)
        #expect(accepted.preference(.brotli) == one.brotli)
        #expect(accepted.preference(.gzip) == one.gzip)
        #expect(accepted.preference(.identity) == one.identity)
    }

    @Test(
        "an element that is none is left out",
        arguments: [
            "br;q=1.001", "br;q=2", "br;q=-1", "br;q=0.1234", "br;q=", "br;q", "br;", "br;x=1", "br;q=.5",
            "br q=1", "br;q=0.5;q=1", "br;q =1", ";q=1", "=", "br\0", "\u{e9}br",
        ])
    func malformed(_ field: String) {
        let accepted = AcceptEncoding("\(field), gzip;q=0.5")
        #expect(accepted.preference(.brotli) == -1 && accepted.preference(.gzip) == 500)
    }

    @Test("not sent: the plain form")
    func missing() {
        let accepted = AcceptEncoding(nil)
        #expect(accepted.preference(.identity) == 0)
        #expect(accepted.preference(.gzip) == -1 && accepted.preference(.brotli) == -1)
    }

    @Test("random fields never crash, and weights stay in range")
    func fuzz() {
        var random = SplitMix64(seed: 12)
        let parts = [
            "gzip", "br", "identity", "*", ",", ";", "q", "=", "0", "1", ".", "5", " ", "\t", "x", "\u{ff}",
        ]
        for _ in 0..<20_000 {
            let field = (0..<Int.random(in: 0...14, using: &random))
                .map { _ in parts.randomElement(using: &random)! }.joined()
            let accepted = AcceptEncoding(field)
            for coding: ContentCoding in [.identity, .gzip, .brotli] {
                #expect((-1...1000).contains(accepted.preference(coding)))
            }
        }
    }
}
