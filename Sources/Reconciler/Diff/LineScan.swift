import Wire

/// The fast way through lines that hold an ID and nothing else: eight digits at a time, no call a line.
///
/// Stops at the first line that is anything else, which is then read the slow way. The bytes are followed by
/// at least ``padding`` zeros, so that whole words can be loaded anywhere and no scan runs past the end.
struct LineScan<ID> {
    /// Bytes beyond the last one that may be loaded.
    static var padding: Int { 64 }

    /// The beginning of the next line.
    var at: UnsafePointer<UInt8>
    /// Lines that begin here or later are not read.
    let limit: UnsafePointer<UInt8>
    /// Where the IDs go.
    let out: UnsafeMutableBufferPointer<ID>
    /// How many are there; also the number of lines that were read.
    var count = 0
    var sawText = false
    var sawDecimal = false

    init(at: UnsafePointer<UInt8>, limit: UnsafePointer<UInt8>, out: UnsafeMutableBufferPointer<ID>) {
        self.at = at
        self.limit = limit
        self.out = out
    }
}

extension LineScan<UInt64> {
    /// Digits as numbers, in the eight bytes from here.
    @inline(__always)
    private static func load(_ at: UnsafePointer<UInt8>) -> UInt64 {
        UnsafeRawPointer(at).loadUnaligned(as: UInt64.self) ^ 0x3030_3030_3030_3030
    }

    /// Not zero in each byte up to and including the first one that is no digit: there. Above it, anything.
    @inline(__always)
    private static func foreign(_ word: UInt64) -> UInt64 {
        (word &+ 0x0606_0606_0606_0606 | word) & 0xF0F0_F0F0_F0F0_F0F0
    }

    /// The number that eight digits make, the first in the lowest byte.
    ///
    /// SOURCE: Lemire, "Quickly parsing eight digits" (2018): pairs, then fours, then all.
    @inline(__always)
    private static func number(_ digits: UInt64) -> UInt64 {
        var word = (digits &* (1 + 10 &<< 8)) &>> 8 & 0x00FF_00FF_00FF_00FF
        word = (word &* (1 + 100 &<< 16)) &>> 16 & 0x0000_FFFF_0000_FFFF
        return (word &* (1 + 10_000 &<< 32)) &>> 32
    }

    /// The number of the first `count` of eight digits: zeros are put before them.
    @inline(__always)
    private static func number(_ digits: UInt64, first count: Int) -> UInt64 {
        count == 0 ? 0 : number(digits &<< UInt64(truncatingIfNeeded: 64 &- count &* 8))
    }

    /// Lines of decimal numbers of 64 bits.
    ///
    /// - Parameter leaving13: stop at 13 digits, which may be text.
    mutating func scanDecimal(leaving13: Bool) {
        let powers: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (
            1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000
        )
        var (at, count) = (self.at, self.count)
        let (limit, room) = (self.limit, out.count)
        guard let base = out.baseAddress else { return }
        withUnsafeBytes(of: powers) { bytes in
            let powers = bytes.assumingMemoryBound(to: UInt64.self)
            while at < limit, count < room {
                let first = Self.load(at)
                var end = Self.foreign(first)
                let value: UInt64
                var length: Int
                if end != 0 {
                    length = end.trailingZeroBitCount &>> 3
                    value = Self.number(first, first: length)
                } else {
                    let second = Self.load(at + 8)
                    end = Self.foreign(second)
                    if end != 0 {
                        length = end.trailingZeroBitCount &>> 3
                        value = Self.number(first) &* powers[length] &+ Self.number(second, first: length)
                        length &+= 8
                    } else {
                        let third = Self.load(at + 16)
                        end = Self.foreign(third)
                        length = end.trailingZeroBitCount &>> 3
                        guard length <= 4 else { return }
                        let head = Self.number(first) &* 100_000_000 &+ Self.number(second)
                        let (product, over) = head.multipliedReportingOverflow(by: powers[length])
                        let sum = product.addingReportingOverflow(Self.number(third, first: length))
                        guard !over, !sum.overflow else { return }
                        value = sum.partialValue
                        length &+= 16
                    }
                }
                // No number, a leading zero, or what may be text.
                guard length > 0, at[0] != 0x30 || length == 1, !leaving13 || length != 13 else { return }
                if at[length] == 0x0D { length &+= 1 }
                guard at[length] == 0x0A else { return }
                base[count] = value
                count &+= 1
                at += length &+ 1
            }
        }
        sawDecimal = sawDecimal || count > self.count
        (self.at, self.count) = (at, count)
    }

    /// Lines of 13 characters.
    ///
    /// - Parameter leavingDigits: stop at digits alone that do not begin with 0: they may be a number.
    mutating func scanText(leavingDigits: Bool) {
        guard let base = out.baseAddress else { return }
        let before = count
        crockfordDigits.withUnsafeBufferPointer { table in
            while at < limit, count < out.count {
                var value: UInt64 = 0
                var seen: UInt8 = 0
                // Beyond a shorter line lie the next one or zeros: nothing that may not be looked at.
                for index in 0..<CrockfordBase32.length {
                    let digit = table[Int(at[index])]
                    seen |= digit
                    value = value &<< 5 | UInt64(digit & 31)
                }
                guard seen & CrockfordDigit.foreign == 0, table[Int(at[0])] & 31 < 16 else { break }
                if leavingDigits, seen & CrockfordDigit.letter == 0, at[0] != 0x30 { break }
                let end = CrockfordBase32.length + (at[CrockfordBase32.length] == 0x0D ? 1 : 0)
                guard at[end] == 0x0A else { break }
                base[count] = value
                count += 1
                at += end + 1
            }
        }
        sawText = sawText || count > before
    }
}

/// Marks beside the value of a character.
private enum CrockfordDigit {
    static let letter: UInt8 = 0x40
    static let foreign: UInt8 = 0x80
}

/// The value of each byte in the text form, with its marks.
private let crockfordDigits: [UInt8] = (0..<256).map { byte in
    let text = Array(repeating: UInt8(ascii: "0"), count: CrockfordBase32.length - 1) + [UInt8(byte)]
    guard let value = CrockfordBase32.decode(text) else { return CrockfordDigit.foreign }
    return UInt8(value) | ((0x30...0x39).contains(byte) ? 0 : CrockfordDigit.letter)
}
