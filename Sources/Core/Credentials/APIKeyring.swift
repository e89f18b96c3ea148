import Wire

/// Who may use the admin ports: names and the SHA-256 of each one's key, so that the list itself opens
/// nothing. Keys must be long and random (a digest without salt or stretching suits no password).
/// Immutable; any thread.
package struct APIKeyring: Sendable {
    /// Longer keys are refused unread.
    package static let maxKeyBytes = 256
    /// Every look-up compares with every key.
    private static let maxKeys = 256

    private struct Entry: Sendable {
        let name: String
        let digest: [UInt8]
        let untilS: Int64
    }

    private let entries: [Entry]

    /// Lines of `name:digest`, the digest as 64 hexadecimal digits, with an end date where the key has one
    /// (`KeyLine`); empty lines and those that begin with `#` are skipped. A name may stand twice (a
    /// rotation), a key may not. No line at all opens to nobody.
    package init(lines: [String]) throws(KeyFault) {
        var entries: [Entry] = []
        for (index, line) in lines.enumerated() {
            let whole = line.utf8.drop { $0 == 0x20 || $0 == 0x09 }
            if whole.isEmpty || whole.first == UInt8(ascii: "#") { continue }
            let parsed: KeyLine
            do {
                parsed = try KeyLine(String(Substring(whole)))
            } catch {
                throw KeyFault(key: "line \(index + 1)", reason: error.reason)
            }
            let text = parsed.text.utf8
            guard let colon = text.firstIndex(of: UInt8(ascii: ":")),
                let name = String(text[..<colon]), KeyFault.isName(name)
            else { throw KeyFault(key: "line \(index + 1)", reason: .badID) }
            guard let digest = Hex.decodeBytes(text[text.index(after: colon)...]), digest.count == 32 else {
                throw KeyFault(key: name, reason: .malformed)
            }
            guard !entries.contains(where: { $0.digest == digest }) else {
                throw KeyFault(key: name, reason: .duplicate)
            }
            entries.append(Entry(name: name, digest: digest, untilS: parsed.untilS))
        }
        guard entries.count <= APIKeyring.maxKeys else { throw KeyFault(reason: .tooLong) }
        self.entries = entries
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// The name whose key this is at `nowS` (Unix seconds); nil for a stranger. Takes the same time whichever
    /// entry matches.
    package func name(forKey key: some Collection<UInt8>, nowS: Int64) -> String? {
        guard !key.isEmpty, key.count <= APIKeyring.maxKeyBytes else { return nil }
        let digest = sha256(Array(key))
        var found: String?
        for entry in entries where constantTimeEquals(entry.digest, digest) {
            if !KeyLine.hasEnded(untilS: entry.untilS, nowS: nowS) { found = entry.name }
        }
        return found
    }

    /// The line that lets a key in under a name.
    package static func line(name: String, key: some Collection<UInt8>) -> String {
        "\(name):" + String(decoding: Hex.encode(bytes: sha256(Array(key))), as: UTF8.self)
    }
}
