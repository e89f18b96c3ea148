/// Crockford's base 32 of a 64-bit word: 13 characters, most significant first, no check symbol.
///
/// Source: Douglas Crockford, "Base 32". The alphabet leaves out I, L, O and U, so that a number read
/// aloud or retyped survives; decoding takes either case, I and L for 1, O for 0. Sixty-five bits fit
/// into 13 characters, so the first one is at most `F`: a larger one overflows and is refused.
package enum CrockfordBase32 {
    /// Characters of one encoded word.
    package static let length = 13

    package static func encode(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length)
        append(value, to: &bytes)
        return bytes
    }

    package static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var shift: UInt64 = 60
        while true {
            bytes.append(symbol(UInt8(truncatingIfNeeded: (value &>> shift) & 31)))
            if shift == 0 { return }
            shift -= 5
        }
    }

    /// The word that 13 characters stand for; nil for another length, a foreign character or overflow.
    package static func decode(_ text: some Collection<UInt8>) -> UInt64? {
        text.withContiguousStorageIfAvailable { decode($0) }
            ?? Array(text).withUnsafeBufferPointer { decode($0) }
    }

    /// The same where the bytes lie; for readers of very many.
    package static func decode(_ text: UnsafeBufferPointer<UInt8>) -> UInt64? {
        guard text.count == length, text[0] < 128, digits[Int(text[0])] < 16 else { return nil }
        var value: UInt64 = 0
        for byte in text {
            guard byte < 128 else { return nil }
            let digit = digits[Int(byte)]
            guard digit < 32 else { return nil }
            value = value &<< 5 | UInt64(digit)
        }
        return value
    }

    /// By ASCII character; 255: none.
    private static let digits: [UInt8] = (0..<128).map { digit($0) ?? 255 }

    /// 0-9, then A-Z without I L O U.
    private static func symbol(_ digit: UInt8) -> UInt8 {
        switch digit {
        case 0..<10: return UInt8(ascii: "0") + digit
        case 10..<18: return UInt8(ascii: "A") + (digit - 10)
        case 18..<20: return UInt8(ascii: "J") + (digit - 18)
        case 20..<22: return UInt8(ascii: "M") + (digit - 20)
        case 22..<27: return UInt8(ascii: "P") + (digit - 22)
        default: return UInt8(ascii: "V") + (digit - 27)
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): return letter(byte - 32)
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): return letter(byte)
        default: return nil
        }
    }

    private static func letter(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "H"): return byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
        case UInt8(ascii: "J")...UInt8(ascii: "K"): return byte - UInt8(ascii: "J") + 18
        case UInt8(ascii: "M")...UInt8(ascii: "N"): return byte - UInt8(ascii: "M") + 20
        case UInt8(ascii: "O"): return 0
        case UInt8(ascii: "P")...UInt8(ascii: "T"): return byte - UInt8(ascii: "P") + 22
        case UInt8(ascii: "V")...UInt8(ascii: "Z"): return byte - UInt8(ascii: "V") + 27
        default: return nil
        }
    }
}
