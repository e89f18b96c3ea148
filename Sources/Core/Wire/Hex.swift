/// Hexadecimal, lower case. Decoding takes lower case only: a number has one spelling.
package enum Hex {
    /// A 64-bit word as exactly 16 digits, most significant first.
    package static func encode(_ value: UInt64) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(16)
        append(value, to: &text)
        return text
    }

    /// Appends a 64-bit word as exactly 16 digits.
    package static func append(_ value: UInt64, to text: inout [UInt8]) {
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            text.append(symbol(UInt8(truncatingIfNeeded: value &>> shift & 15)))
        }
    }

    /// The word of exactly 16 lower-case digits; nil for anything else.
    package static func decode(_ text: some Collection<UInt8>) -> UInt64? {
        guard text.count == 16 else { return nil }
        var value: UInt64 = 0
        for byte in text {
            guard let digit = digit(byte) else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return value
    }

    /// Two digits a byte, in order.
    package static func encode(bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(symbol(byte >> 4))
            text.append(symbol(byte & 15))
        }
        return text
    }

    /// The bytes of an even number of lower-case digits; nil for anything else.
    package static func decodeBytes(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var high: UInt8?
        for byte in text {
            guard let digit = digit(byte) else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }

    private static func symbol(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): return byte - UInt8(ascii: "a") + 10
        default: return nil
        }
    }
}
