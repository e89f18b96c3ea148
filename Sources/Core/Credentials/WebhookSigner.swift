import Wire

/// Signs deliveries after Standard Webhooks 1.0: `v1` signatures, HMAC-SHA256 over `id.timestamp.body`.
///
/// With several secrets (a rotation) the header carries one signature each, in their order, and a receiver
/// that knows any of them accepts. Immutable; any thread.
package struct WebhookSigner: Sendable {
    private let keys: [HMACSHA256]

    package init(secrets: [WebhookSecret]) throws(KeyFault) {
        guard !secrets.isEmpty else { throw KeyFault(reason: .noKeys) }
        keys = secrets.map { HMACSHA256(key: $0.key) }
    }

    /// Secrets in their text form, `whsec_...`.
    package init(secrets texts: [String]) throws(KeyFault) {
        var secrets: [WebhookSecret] = []
        for text in texts { secrets.append(try WebhookSecret(text: text)) }
        try self.init(secrets: secrets)
    }

    /// The value of `webhook-signature`: `v1,<base 64>`, separated by spaces. `timestampS`, in Unix seconds,
    /// goes into `webhook-timestamp` and `id` into `webhook-id`.
    package func signatureHeader(id: String, timestampS: Int64, body: [UInt8]) -> String {
        let start = Array("\(id).\(timestampS).".utf8)
        var header: [UInt8] = []
        for key in keys {
            if !header.isEmpty { header.append(UInt8(ascii: " ")) }
            header.append(contentsOf: "v1,".utf8)
            Base64.append(key.tag(start, body), to: &header)
        }
        return String(decoding: header, as: UTF8.self)
    }
}
