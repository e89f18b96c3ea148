import Credentials
import Testing
import Wire

/// What holds a secret shows it in no description, dump or error.
@Suite struct SecrecyTests {
    private static let marker = [UInt8](repeating: 0xDB, count: 36)

    private func shown(_ value: Any) -> String {
        var text = "\(value)" + String(reflecting: value)
        dump(value, to: &text)
        return text
    }

    @Test("promise 10: secrets stay out of logs")
    func nothingShows() throws {
        let secret = Secret(Self.marker)
        let key = TicketKey(id: "k1", algorithm: .hs256, material: Self.marker)
        let webhook = try WebhookSecret(
            text: "whsec_" + String(decoding: Base64.encode(Self.marker), as: UTF8.self), name: "dragon")
        let values: [Any] = [
            secret, key, webhook, HMACSHA256(key: secret), try TicketVerifier(keys: [key], audience: "a"),
            try TicketSigner(key: key), try key.mechanism(isPrivate: false),
            try CouponCodec(campaign: "c", keys: [1: Self.marker]), try WebhookSigner(secrets: [webhook]),
            try WebhookVerifier(secrets: [webhook]),
        ]
        for value in values {
            let text = shown(value)
            for trace in ["219, 219", "- 219\n", "dbdb", "DBDB", "29vb"] {
                #expect(!text.contains(trace), "\(type(of: value)) shows its secret")
            }
        }
        #expect("\(secret)" == "secret of 36 bytes")
    }

    @Test func faultsQuoteNoKey() {
        #expect(
            KeyFault(key: "k1", reason: .tooShort).description == "key k1: shorter than the algorithm needs")
        #expect(KeyFault(reason: .noKeys).description == "no key is given")
        let bad = "whsec_ZZZZ!"
        let fault = #expect(throws: KeyFault.self) { try WebhookSecret(text: bad) }
        #expect(fault?.description.contains("ZZZ") == false)
        let line = #expect(throws: KeyFault.self) { try APIKeyring(lines: ["ZZZZ ZZZZ"]) }
        #expect(line?.description.contains("ZZZ") == false)
    }
}
