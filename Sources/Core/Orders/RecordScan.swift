import Wire

/// Reads a record's text byte by byte, as long as it is spelled as ours are.
struct RecordScan {
    private let text: UnsafeBufferPointer<UInt8>
    private var at = 0

    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    /// Nothing is left.
    var isAtEnd: Bool { at == text.count }

    /// Steps over this text, if it stands here.
    mutating func skip(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard text.count - at >= count else { return false }
        // Word by word: what is looked for is known to the compiler, what is looked at lies anywhere.
        let (words, start) = (count / 8, UnsafeRawPointer(text.baseAddress! + at))
        let wanted = UnsafeRawPointer(literal.utf8Start)
        for word in 0..<words {
            let here = start.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self)
            if here != wanted.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self) { return false }
        }
        for offset in (words * 8)..<count where text[at + offset] != literal.utf8Start[offset] {
            return false
        }
        at += count
        return true
    }

    /// Up to the closing quote, which is stepped over; nil where anything is escaped or not plain ASCII.
    mutating func string() -> UnsafeBufferPointer<UInt8>? {
        let start = at
        while at < text.count {
            let byte = text[at]
            if byte == UInt8(ascii: "\"") {
                at += 1
                return UnsafeBufferPointer(rebasing: text[start..<(at - 1)])
            }
            guard byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "\\") else { return nil }
            at += 1
        }
        return nil
    }

    /// A number without a sign, of one spelling.
    mutating func number() -> UInt64? {
        let start = at
        while at < text.count, text[at] >= UInt8(ascii: "0"), text[at] <= UInt8(ascii: "9") { at += 1 }
        return DecimalDigits.parse(UnsafeBufferPointer(rebasing: text[start..<at]))
    }

    mutating func time() -> Int64? {
        guard let value = number(), value <= 1 << 47 else { return nil }
        return Int64(value)
    }

    /// 16 hexadecimal digits in lower case.
    mutating func serial() -> UInt64? {
        guard text.count - at >= 16 else { return nil }
        var value: UInt64 = 0
        for byte in text[at..<(at + 16)] {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            value = value << 4 | UInt64(digit)
        }
        at += 16
        return value
    }
}
