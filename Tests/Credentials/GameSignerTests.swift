import Credentials
import Testing
import Wire

/// The vectors were made by OpenSSL, with `K=$(printf '%02x' $(seq 1 32))`:
/// `M="-sha256 -mac HMAC -macopt hexkey:$K"`
/// `printf 'amount=3&order=00000000002T5&ts=1700000000&uid=42' | openssl dgst $M`
/// `printf '00000000002T5.1700000000.{}' | openssl dgst $M -binary | base64`
@Suite("A game's secrets and what they sign")
struct GameSignerTests {
    private static let nowS: Int64 = 1_700_000_000
    private static let key = (UInt8(1)...32).map(\.self)
    private static let hex = "hex:" + String(decoding: Hex.encode(bytes: key), as: UTF8.self)
    private static let webhook = "whsec_" + String(decoding: Base64.encode(key), as: UTF8.self)
    private static let other = "whsec_" + String(repeating: "QUJD", count: 12)

    private func signature(_ lines: [String], nowS: Int64 = nowS) throws -> String {
        var text: [UInt8] = []
        QuerySigner(secrets: try GameSecrets(lines: lines)).appendSignature(
            over: Array("amount=3&order=00000000002T5&ts=1700000000&uid=42".utf8), nowS: nowS, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private func header(_ lines: [String], nowS: Int64 = nowS) throws -> String {
        try WebhookSigner(GameSecrets(lines: lines)).signatureHeader(
            id: "00000000002T5", timestampS: nowS, body: Array("{}".utf8))
    }

    @Test("vectors of OpenSSL, in either form of the same secret")
    func vectors() throws {
        let expected = "e10e802f023c7947beaf94e9e6d6c3145f1f264dbed095f88350d09c04b39434"
        #expect(try signature([Self.hex]) == expected)
        #expect(try signature([Self.webhook]) == expected)
        #expect(try header([Self.webhook]) == "v1,ynSudP2Qv9qmg0zyg72oWkv1vK7OSFvM3J/+Z7yA8eQ=")
    }

    @Test("in a rotation all that have not ended sign a webhook, and the first of them the parameters")
    func rotation() throws {
        let lines = [Self.other + " until=2026-03-01T00:00:00Z", Self.webhook]
        let endS: Int64 = 1_772_323_200
        #expect(try header(lines, nowS: endS - 1).split(separator: " ").count == 2)
        #expect(try header(lines, nowS: endS) == header([Self.webhook], nowS: endS))
        #expect(try signature(lines, nowS: endS - 1) == signature([Self.other]))
        #expect(try signature(lines, nowS: endS) == signature([Self.webhook]))
    }

    @Test("what will not do is named by its line and not shown")
    func faults() throws {
        let cases: [([String], KeyFault.Reason)] = [
            ([], .noKeys), ([Self.webhook + " until=2026-03-01T00:00:00Z"], .allEnd),
            ([Self.webhook, "SECRET"], .unreadableSecret), (["hex:00ff"], .tooShort),
            ([Self.webhook + " until=soon"], .badEnd), (Array(repeating: Self.webhook, count: 9), .tooMany),
        ]
        for (lines, reason) in cases {
            let fault = #expect(throws: KeyFault.self) { try GameSecrets(lines: lines) }
            #expect(fault?.reason == reason)
            #expect(fault?.description.contains("SECRET") == false)
        }
        #expect(throws: KeyFault(key: "1", reason: .notForWebhooks)) {
            try WebhookSigner(GameSecrets(lines: [Self.hex]))
        }
    }

    @Test("promise 10: no description or dump shows a secret")
    func secrecy() throws {
        let secrets = try GameSecrets(lines: [Self.webhook])
        for value in [
            secrets, GameSigner.webhook(try WebhookSigner(secrets)),
            GameSigner.query(QuerySigner(secrets: secrets)),
        ] as [Any] {
            var text = "\(value)" + String(reflecting: value)
            dump(value, to: &text)
            for trace in ["AQIDBAUG", "01020304", "1, 2, 3, 4", "- 17\n"] { #expect(!text.contains(trace)) }
        }
    }
}
