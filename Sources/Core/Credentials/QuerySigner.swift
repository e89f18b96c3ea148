import Wire

/// Signs the parameters of a request as older game backends want it: HMAC-SHA256 in lower-case hexadecimal.
///
/// Convention: the text is that of WeChat Pay's API v2 and of Tencent's open platforms (all parameters but
/// the signature in the ASCII order of their names, `name=value` joined with `&`, values not
/// percent-encoded); in place of a secret at the end of the text, or HMAC-SHA1, it is keyed by RFC 2104 with
/// SHA-256. There is room for one signature only, so in a rotation the first secret that has not ended signs:
/// the old one above with its end, the new one below it. Immutable; any thread.
package struct QuerySigner: Sendable {
    private let keys: [(hmac: HMACSHA256, untilS: Int64)]

    package init(secrets: GameSecrets) {
        keys = secrets.entries.map { (HMACSHA256(key: $0.key), $0.untilS) }
    }

    /// Appends the 64 digits of the signature over `source`, made at `nowS` (Unix seconds).
    package func appendSignature(over source: [UInt8], nowS: Int64, to text: inout [UInt8]) {
        for key in keys where !KeyLine.hasEnded(untilS: key.untilS, nowS: nowS) {
            text.append(contentsOf: Hex.encode(bytes: key.hmac.tag(source)))
            return
        }
        preconditionFailure("one secret has no end")
    }
}
