import Wire

/// A signing secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in base 64.
package struct WebhookSecret: Sendable {
    static let prefix = "whsec_"
    private static let allowedBytes = 24...64

    let key: Secret

    /// Reads the text form; `name` is only for the fault.
    package init(text: String, name: String = "") throws(KeyFault) {
        guard text.hasPrefix(WebhookSecret.prefix),
            let bytes = Base64.decode(text.utf8.dropFirst(WebhookSecret.prefix.utf8.count))
        else { throw KeyFault(key: name, reason: .malformed) }
        let allowed = WebhookSecret.allowedBytes
        if bytes.count < allowed.lowerBound { throw KeyFault(key: name, reason: .tooShort) }
        if bytes.count > allowed.upperBound { throw KeyFault(key: name, reason: .tooLong) }
        key = Secret(bytes)
    }

    /// The secret of one receiver, derived from a master secret of at least 32 bytes: HMAC-SHA256(master,
    /// `hongbao webhook v1` 0 label). One secret to keep, one for each receiver to know; a new generation
    /// in the label rotates it.
    package init(master: Secret, label: String) throws(KeyFault) {
        guard master.count >= 32 else { throw KeyFault(key: label, reason: .tooShort) }
        key = Secret(HMACSHA256(key: master).tag(Array("hongbao webhook v1\0\(label)".utf8)))
    }

    /// The text form, to hand to the receiver. The one place where the secret comes out.
    package func reveal() -> String {
        WebhookSecret.prefix + String(decoding: Base64.encode(key.bytes), as: UTF8.self)
    }
}
