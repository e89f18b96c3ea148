import Wire

/// Why a delivery was refused by its receiver.
package enum WebhookError: String, Error, Sendable {
    /// A header is not of the form that Standard Webhooks gives it.
    case malformed
    /// Signed longer ago than the tolerance: perhaps a replay.
    case tooOld
    /// Signed further in the future than the tolerance.
    case tooNew
    /// No signature is by a secret that we know.
    case badSignature
}

/// Verifies deliveries after Standard Webhooks 1.0, as a game does. Immutable; any thread.
package struct WebhookVerifier: Sendable {
    /// Signatures looked at in one header: a rotation needs two or three.
    private static let maxSignatures = 8

    private let keys: [HMACSHA256]
    private let toleranceS: Int64

    /// A signature by any of the secrets is good. `toleranceS` bounds the distance between the delivery's
    /// timestamp and the receiver's clock.
    package init(secrets: [WebhookSecret], toleranceS: Int64 = 300) throws(KeyFault) {
        guard !secrets.isEmpty else { throw KeyFault(reason: .noKeys) }
        keys = secrets.map { HMACSHA256(key: $0.key) }
        self.toleranceS = toleranceS
    }

    package init(secrets texts: [String], toleranceS: Int64 = 300) throws(KeyFault) {
        var secrets: [WebhookSecret] = []
        for text in texts { secrets.append(try WebhookSecret(text: text)) }
        try self.init(secrets: secrets, toleranceS: toleranceS)
    }

    /// Returns where the delivery is good: `id`, `timestamp` and `signatures` are the values of the three
    /// headers, `body` the bytes as received, `nowS` Unix seconds.
    package func verify(
        id: String, timestamp: String, signatures: String, body: [UInt8], nowS: Int64
    ) throws(WebhookError) {
        // A dot in an id would let its end pass for a timestamp.
        guard !id.isEmpty, !id.utf8.contains(UInt8(ascii: ".")),
            let seconds = DecimalDigits.parse(timestamp.utf8), let timestampS = Int64(exactly: seconds)
        else { throw .malformed }
        let ageS = nowS.subtractingReportingOverflow(timestampS)
        if ageS.overflow { throw .malformed }
        if ageS.partialValue > toleranceS { throw .tooOld }
        if ageS.partialValue < -toleranceS { throw .tooNew }
        let start = Array("\(id).\(timestamp).".utf8)
        let tags = keys.map { $0.tag(start, body) }
        let space = UInt8(ascii: " ")
        var isGood = false
        for entry in signatures.utf8.split(separator: space).prefix(WebhookVerifier.maxSignatures)
        where entry.starts(with: "v1,".utf8) {
            guard let given = Base64.decode(entry.dropFirst(3)) else { continue }
            for tag in tags where constantTimeEquals(tag, given) { isGood = true }
        }
        if !isGood { throw .badSignature }
    }
}
