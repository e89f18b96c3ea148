import Wire

/// One string of a ticket's JSON, where it lies in the text: good during that text's life only.
///
/// Strings are equal as Swift's are, whatever escapes they were written with.
struct TicketText {
    /// The quotes included.
    let quoted: UnsafeBufferPointer<UInt8>
    /// Whether it is ASCII without escapes, so that its bytes are its meaning.
    let isPlain: Bool

    /// What stands between the quotes.
    var bytes: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: quoted[1..<quoted.count - 1])
    }

    /// What it means; nil where an escape is unknown, a surrogate stands alone or the bytes are not UTF-8.
    var string: String? {
        if isPlain { return String(decoding: bytes, as: UTF8.self) }
        let json = try? JSON.parse(UnsafeRawBufferPointer(quoted), limits: TicketScanner.limits)
        guard case .string(let string) = json else { return nil }
        return string
    }

    /// Bytes of UTF-8 of what it means.
    var byteCount: Int { isPlain ? bytes.count : (string?.utf8.count ?? 0) }

    /// `name` is ASCII.
    func equals(_ name: StaticString) -> Bool {
        guard isPlain else { return name.withUTF8Buffer { string == String(decoding: $0, as: UTF8.self) } }
        return name.withUTF8Buffer { equals($0) }
    }

    func equals(_ name: TicketName) -> Bool {
        guard isPlain, name.isASCII else { return string == name.string }
        return name.bytes.withUnsafeBufferPointer { equals($0) }
    }

    func equals(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
        let bytes = bytes
        guard bytes.count == other.count else { return false }
        for index in 0..<bytes.count where bytes[index] != other[index] { return false }
        return true
    }
}

/// A name that strings of tickets are compared with, made ready for it.
struct TicketName: Sendable {
    let string: String
    let bytes: [UInt8]
    let isASCII: Bool

    init(_ string: String) {
        self.string = string
        bytes = Array(string.utf8)
        isASCII = bytes.allSatisfy { $0 < 0x80 }
    }
}
