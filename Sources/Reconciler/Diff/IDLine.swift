import Wire

/// One line of a file of order IDs.
///
/// An ID is written as its 13 characters of Crockford base 32 or as a decimal number without leading zeros. A
/// run of 13 digits that does not begin with 0 can be read both ways; ``ambiguous(decimal:text:)`` leaves the
/// choice to the rest of its file.
enum IDLine: Equatable {
    case empty
    case text(UInt64)
    case decimal(UInt64)
    case ambiguous(decimal: UInt64, text: UInt64)
    case malformed

    /// - Parameter bytes: a line without its LF; a CR before that and blanks on both sides are tolerated.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        let id = Self.trimmed(bytes)
        guard !id.isEmpty else {
            self = .empty
            return
        }
        switch (DecimalDigits.parse(id), CrockfordBase32.decode(id)) {
        case (let decimal?, nil): self = .decimal(decimal)
        case (nil, let text?): self = .text(text)
        case (let decimal?, let text?): self = .ambiguous(decimal: decimal, text: text)
        case (nil, nil): self = .malformed
        }
    }

    /// Without the blanks on both sides.
    static func trimmed(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        var (start, end) = (0, bytes.count)
        while start < end, isBlank(bytes[start]) { start += 1 }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        return UnsafeBufferPointer(rebasing: bytes[start..<end])
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}
