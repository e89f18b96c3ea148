import Wire

/// Bytes that must not be shown: neither a description nor a mirror of it holds any of them.
package struct Secret: Sendable, CustomStringConvertible, CustomReflectable {
    let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads what a secret's file or setting holds: `base64:` or `hex:` and the encoded bytes, white space
    /// around them ignored. Anything else is refused rather than guessed at.
    package init(text: [UInt8]) throws(KeyFault) {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let start = text.firstIndex { !isSpace($0) } ?? text.endIndex
        let end = text.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start
        let trimmed = text[start..<end]
        let decoded: [UInt8]?
        if trimmed.starts(with: "base64:".utf8) {
            decoded = Base64.decode(trimmed.dropFirst(7))
        } else if trimmed.starts(with: "hex:".utf8) {
            decoded = Hex.decodeBytes(trimmed.dropFirst(4))
        } else {
            decoded = nil
        }
        guard let decoded else { throw KeyFault(reason: .unreadableSecret) }
        bytes = decoded
    }

    package var count: Int { bytes.count }

    package var description: String { "secret of \(bytes.count) bytes" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
