import Wire

/// What a game's deliveries are signed with: its secrets in their order, each with its end.
///
/// The text of `<game>.secret`: one a line, as `whsec_<base64>` (Standard Webhooks), `base64:…` or `hex:…`,
/// with ` until=2026-03-01T00:00:00Z` behind it where it ends then. One of them must have no end, so that
/// there is always something to sign with.
package struct GameSecrets: Sendable {
    /// A verifier of Standard Webhooks looks at as many signatures.
    package static let most = 8
    private static let allowedBytes = 16...64

    struct Entry: Sendable {
        let key: Secret
        let untilS: Int64
        /// Whether it is in the form of Standard Webhooks.
        let isWebhook: Bool
    }

    let entries: [Entry]

    package var count: Int { entries.count }
    /// Their ends in their order, Unix seconds; `Int64.max`: none.
    package var endsS: [Int64] { entries.map(\.untilS) }

    /// - Throws: which line will not do; never what stands in it.
    package init(lines: [String]) throws(KeyFault) {
        guard !lines.isEmpty else { throw KeyFault(reason: .noKeys) }
        guard lines.count <= Self.most else { throw KeyFault(reason: .tooMany) }
        var entries: [Entry] = []
        for (index, text) in lines.enumerated() {
            let name = "\(index + 1)"
            let line: KeyLine
            do { line = try KeyLine(text) } catch { throw KeyFault(key: name, reason: error.reason) }
            if line.text.hasPrefix(WebhookSecret.prefix) {
                let secret = try WebhookSecret(text: line.text, name: name)
                entries.append(Entry(key: secret.key, untilS: line.untilS, isWebhook: true))
            } else {
                let key: Secret
                do { key = try Secret(text: Array(line.text.utf8)) } catch {
                    throw KeyFault(key: name, reason: error.reason)
                }
                if key.count < Self.allowedBytes.lowerBound { throw KeyFault(key: name, reason: .tooShort) }
                if key.count > Self.allowedBytes.upperBound { throw KeyFault(key: name, reason: .tooLong) }
                entries.append(Entry(key: key, untilS: line.untilS, isWebhook: false))
            }
        }
        guard entries.contains(where: { $0.untilS == .max }) else { throw KeyFault(reason: .allEnd) }
        self.entries = entries
    }
}
