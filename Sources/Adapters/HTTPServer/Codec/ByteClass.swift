/// Bytes by what the grammars of RFC 9110 and 9112 let them be.
enum ByteClass {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let delete: UInt8 = 0x7F

    /// `tchar` (RFC 9110 section 5.6.2): visible ASCII but `"(),/:;<=>?@[\]{}`. One bit a byte.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        let bits: UInt64 = byte < 64 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
        return byte < 128 && (bits >> UInt64(byte & 63)) & 1 != 0
    }

    @inline(__always)
    static func isVisible(_ byte: UInt8) -> Bool {
        byte > space && byte < delete
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10
    }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == space || byte == tab
    }

    /// 0...15; nil for what is no hexadecimal digit.
    @inline(__always)
    static func nibble(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// Whether the bytes are `lower`, letters in any case. `lower` is in lower case.
    @inline(__always)
    static func matches(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, _ lower: StaticString
    ) -> Bool {
        let count = lower.utf8CodeUnitCount
        guard end - start == count else { return false }
        let wanted = lower.utf8Start
        for index in 0..<count {
            if lowered(bytes[start + index]) != wanted[index] { return false }
        }
        return true
    }

    /// Whether two names are the same, letters in any case.
    static func matches(
        _ name: Slice<UnsafeRawBufferPointer>, _ other: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        guard name.count == other.count else { return false }
        return zip(name, other).allSatisfy { lowered($0) == lowered($1) }
    }

    @inline(__always)
    static func lowered(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// The first control byte (below 0x20, or 0x7F) that is no tab, in `start ..< end`; `end` when there is
    /// none. Eight bytes at a time: a subtraction borrows into the top bit of each byte that is too small
    /// ("Bit Twiddling Hacks", S. E. Anderson, "haszero" and "hasless"); the lowest such bit is exact.
    @inline(__always)
    static func firstControl(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        guard let base = bytes.baseAddress else { return end }
        var at = start
        while end - at >= 8 {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let deletes = word ^ (ones &* 0x7F)
            let low = (word &- ones &* 0x20) & ~word
            let found = (low | ((deletes &- ones) & ~deletes)) & tops
            if found == 0 {
                at += 8
                continue
            }
            at += found.trailingZeroBitCount >> 3
            if bytes[at] != tab { return at }
            at += 1
        }
        while at < end {
            let byte = bytes[at]
            if (byte < space && byte != tab) || byte == delete { return at }
            at += 1
        }
        return end
    }
}
