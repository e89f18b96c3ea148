/// Base 64 with padding, the standard alphabet of RFC 4648 §4. Strict: one text for one byte string.
package enum Base64 {
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        append(bytes, to: &text)
        return text
    }

    package static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        Base64Alphabet.standard.append(bytes, to: &text, padded: true)
    }

    /// The bytes; nil for a foreign character, missing or surplus padding, or unused bits that are not 0.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        text.withContiguousStorageIfAvailable { decode(buffer: $0) }
            ?? Array(text).withUnsafeBufferPointer { decode(buffer: $0) }
    }

    private static func decode(buffer: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard buffer.count % 4 == 0 else { return nil }
        var end = buffer.count
        while end > 0, buffer.count - end < 2, buffer[end - 1] == UInt8(ascii: "=") { end -= 1 }
        return Base64Alphabet.standard.decode(UnsafeBufferPointer(rebasing: buffer[..<end]))
    }
}

/// Base 64 without padding, the URL-safe alphabet of RFC 4648 §5, as JSON Web Signatures use it.
/// Strict: one text for one byte string, so that a token cannot be varied without breaking it.
package enum Base64URL {
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        append(bytes, to: &text)
        return text
    }

    package static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        Base64Alphabet.url.append(bytes, to: &text, padded: false)
    }

    /// The bytes; nil for a foreign character (padding included), an impossible length, or unused bits
    /// that are not 0.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        text.withContiguousStorageIfAvailable { decode($0) }
            ?? Array(text).withUnsafeBufferPointer { decode($0) }
    }

    package static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        Base64Alphabet.url.decode(text)
    }
}

/// One of RFC 4648's two alphabets with its inverse; the codec they share.
private struct Base64Alphabet: Sendable {
    static let standard = Base64Alphabet(last: (UInt8(ascii: "+"), UInt8(ascii: "/")))
    static let url = Base64Alphabet(last: (UInt8(ascii: "-"), UInt8(ascii: "_")))
    private static let foreign: UInt8 = 255

    private let symbols: [UInt8]
    private let digits: [UInt8]

    init(last: (UInt8, UInt8)) {
        symbols =
            Array(UInt8(ascii: "A")...UInt8(ascii: "Z")) + Array(UInt8(ascii: "a")...UInt8(ascii: "z"))
            + Array(UInt8(ascii: "0")...UInt8(ascii: "9")) + [last.0, last.1]
        var inverse = [UInt8](repeating: Base64Alphabet.foreign, count: 256)
        for (digit, symbol) in symbols.enumerated() { inverse[Int(symbol)] = UInt8(digit) }
        digits = inverse
    }

    func append(_ bytes: [UInt8], to text: inout [UInt8], padded: Bool) {
        text.reserveCapacity(text.count + (bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let taken = min(3, bytes.count - index)
            var word = UInt32(bytes[index]) << 16
            if taken > 1 { word |= UInt32(bytes[index + 1]) << 8 }
            if taken > 2 { word |= UInt32(bytes[index + 2]) }
            for position in 0...taken {
                text.append(symbols[Int(word >> UInt32(18 - 6 * position) & 63)])
            }
            if padded {
                for _ in taken..<3 { text.append(UInt8(ascii: "=")) }
            }
            index += taken
        }
    }

    /// Decodes unpadded text.
    func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        let count = text.count / 4 * 3 + (text.count % 4 * 3) / 4
        var isGood = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
            isGood = decode(text, into: bytes)
            initialized = isGood ? count : 0
        }
        return isGood ? bytes : nil
    }

    /// Four characters at a time; a short group at the end stands for one or two bytes.
    private func decode(
        _ text: UnsafeBufferPointer<UInt8>, into bytes: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        digits.withUnsafeBufferPointer { digits in
            var written = 0
            var index = 0
            while index < text.count {
                let taken = min(4, text.count - index)
                var word: UInt32 = 0
                for position in 0..<4 {
                    let digit = position < taken ? digits[Int(text[index + position])] : 0
                    if digit == Base64Alphabet.foreign { return false }
                    word = word << 6 | UInt32(digit)
                }
                for _ in 0..<taken - 1 {
                    bytes[written] = UInt8(truncatingIfNeeded: word >> 16)
                    word = word << 8 & 0xFF_FFFF
                    written += 1
                }
                // What is left are the unused bits of a short group.
                if word != 0 { return false }
                index += taken
            }
            return true
        }
    }
}
