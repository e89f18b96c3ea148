import Wire

/// Signs deliveries after Standard Webhooks 1.0: `v1` signatures, HMAC-SHA256 over `id.timestamp.body`.
///
/// With several secrets (a rotation) the header carries one signature each, in their order, and a receiver
/// that knows any of them accepts. A secret that has ended signs no more. Immutable; any thread.
package struct WebhookSigner: Sendable {
    private let keys: [(hmac: HMACSHA256, untilS: Int64)]

    package init(secrets: [WebhookSecret]) throws(KeyFault) {
        guard !secrets.isEmpty else { throw KeyFault(reason: .noKeys) }
        keys = secrets.map { (HMACSHA256(key: $0.key), .max) }
    }

    /// Secrets in their text form, `whsec_...`.
    package init(secrets texts: [String]) throws(KeyFault) {
        var secrets: [WebhookSecret] = []
        for text in texts { secrets.append(try WebhookSecret(text: text)) }
        try self.init(secrets: secrets)
    }

    /// Those of a game's file; all must be in the form of Standard Webhooks.
    package init(_ secrets: GameSecrets) throws(KeyFault) {
        for (index, entry) in secrets.entries.enumerated() where !entry.isWebhook {
            throw KeyFault(key: "\(index + 1)", reason: .notForWebhooks)
        }
        keys = secrets.entries.map { (HMACSHA256(key: $0.key), $0.untilS) }
    }

    /// The value of `webhook-signature`: `v1,<base 64>`, separated by spaces. `timestampS`, in Unix seconds,
    /// goes into `webhook-timestamp` and `id` into `webhook-id`.
    package func signatureHeader(id: String, timestampS: Int64, body: [UInt8]) -> String {
        var header: [UInt8] = []
        appendSignatures(id: Array(id.utf8), timestampS: timestampS, body: body, to: &header)
        return String(decoding: header, as: UTF8.self)
    }

    /// Appends the same value to bytes. `timestampS` is also the moment at which ended secrets are left out.
    package func appendSignatures(
        id: [UInt8], timestampS: Int64, body: [UInt8], to header: inout [UInt8]
    ) {
        var start: [UInt8] = []
        start.reserveCapacity(id.count + 24)
        start.append(contentsOf: id)
        start.append(UInt8(ascii: "."))
        if timestampS < 0 { start.append(UInt8(ascii: "-")) }
        DecimalDigits.append(timestampS.magnitude, to: &start)
        start.append(UInt8(ascii: "."))
        var isFirst = true
        for key in keys where !KeyLine.hasEnded(untilS: key.untilS, nowS: timestampS) {
            if !isFirst { header.append(UInt8(ascii: " ")) }
            isFirst = false
            header.append(contentsOf: [UInt8(ascii: "v"), UInt8(ascii: "1"), UInt8(ascii: ",")])
            Base64.append(key.hmac.tag(start, body), to: &header)
        }
    }
}
