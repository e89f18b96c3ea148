/// Why a key cannot be used. Names the key, never quotes it.
package struct KeyFault: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Reason: String, Sendable {
        case noKeys = "no key is given"
        case badID = "a key's id must be 1 to 64 of A-Z a-z 0-9 . _ -"
        case duplicate = "given twice"
        case tooShort = "shorter than the algorithm needs"
        case tooLong = "longer than a key of its kind can be"
        case unreadableSecret = "not a secret: expected base64: or hex: and the encoded bytes"
        case unreadablePEM = "not unencrypted PEM of the half needed (public to verify, private to sign)"
        case unreadableCertificate = "not a certificate in PEM"
        case wrongKind = "the PEM key does not fit the algorithm"
        case malformed = "malformed"
        case badEnd = "until must be a time such as 2026-03-01T00:00:00Z (RFC 3339)"
        case tooMany = "more keys than are looked at"
        case allEnd = "every key has an end: one must have none"
        case notForWebhooks = "not of the form that Standard Webhooks gives it: whsec_ and base 64"
        case unknownSigningKey = "the key to sign with is not among the keys"
    }

    /// The key's id or name; empty where it has none.
    package var key: String
    package var reason: Reason

    package init(key: String = "", reason: Reason) {
        self.key = key
        self.reason = reason
    }

    package var description: String {
        key.isEmpty ? reason.rawValue : "key \(key): \(reason.rawValue)"
    }

    /// Whether a text can name a key: it will stand in headers, settings and logs.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    return true
                default:
                    return false
                }
            }
    }
}
