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

    /// The same without allocating: the bytes go to the front of `room`, which traps where it is smaller
    /// than they are (three quarters of the text). Returns how many; nil for what the others refuse, and
    /// then the room holds anything.
    package static func decode(
        _ text: UnsafeBufferPointer<UInt8>, into room: UnsafeMutableBufferPointer<UInt8>
    ) -> Int? {
        Base64Alphabet.url.decode(text, into: room)
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
        var isGood = false
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count * 3 / 4) { bytes, initialized in
            let count = decode(text, into: bytes)
            isGood = count != nil
            initialized = count ?? 0
        }
        return isGood ? bytes : nil
    }

    /// Decodes unpadded text to the front of `bytes`; the number of bytes, nil where the text is not good.
    func decode(
        _ text: UnsafeBufferPointer<UInt8>, into bytes: UnsafeMutableBufferPointer<UInt8>
    ) -> Int? {
        precondition(bytes.count >= text.count * 3 / 4, "no room for what the text stands for")
        return digits.withUnsafeBufferPointer { digits in
            var written = 0
            var index = 0
            let whole = text.count & ~3
            while index < whole {
                let (a, b) = (digits[Int(text[index])], digits[Int(text[index + 1])])
                let (c, d) = (digits[Int(text[index + 2])], digits[Int(text[index + 3])])
                // A digit is below 64, so that a foreign one alone sets the highest bit.
                if (a | b | c | d) & 0x80 != 0 { return nil }
                bytes[written] = a << 2 | b >> 4
                bytes[written + 1] = b << 4 | c >> 2
                bytes[written + 2] = c << 6 | d
                written += 3
                index += 4
            }
            return decodeEnd(
                UnsafeBufferPointer(rebasing: text[whole...]), into: bytes, after: written, digits: digits)
        }
    }

    /// The short group at the end: nothing, or two or three characters for one or two bytes.
    private func decodeEnd(
        _ text: UnsafeBufferPointer<UInt8>, into bytes: UnsafeMutableBufferPointer<UInt8>,
        after written: Int, digits: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        guard !text.isEmpty else { return written }
        guard text.count > 1 else { return nil }
        let (a, b) = (digits[Int(text[0])], digits[Int(text[1])])
        let c = text.count > 2 ? digits[Int(text[2])] : 0
        if (a | b | c) & 0x80 != 0 { return nil }
        bytes[written] = a << 2 | b >> 4
        // The bits that stand for nothing have to be 0.
        guard text.count > 2 else { return b & 0x0F == 0 ? written + 1 : nil }
        bytes[written + 1] = b << 4 | c >> 2
        return c & 0x03 == 0 ? written + 2 : nil
    }
}
