import ArgumentParser
import Wire

/// How IDs are written in a file.
enum IDForm: String, CaseIterable, Sendable, ExpressibleByArgument {
    /// Ours, as 13 characters or as decimal numbers, mixed.
    case auto
    /// Ours: 13 characters of Crockford base 32.
    case text
    /// 64 bits as a decimal number.
    case decimal
    /// 128 bits as 1 to 32 hexadecimal digits, either case.
    case hex
    /// 128 bits as a UUID (RFC 9562), either case.
    case uuid
    /// 128 bits as a decimal number.
    case decimal128

    var isWide: Bool { self == .hex || self == .uuid || self == .decimal128 }
}

/// What one field of a file says.
enum IDReading<ID: Equatable>: Equatable {
    case empty
    case text(ID)
    case number(ID)
    /// Thirteen digits that do not begin with 0, in a file of both forms: as a decimal number. As text they
    /// are another ID; the rest of the file decides.
    case ambiguous(ID)
    case malformed
}

/// A number that names an order: ours of 64 bits, or an older system's of 128.
protocol DiffID: FixedWidthInteger, UnsignedInteger, Sendable {
    /// A bijection that spreads IDs evenly over their values, its upper bits above all.
    static func scramble(_ id: Self) -> Self
    /// Undoes ``scramble(_:)``.
    static func unscramble(_ mixed: Self) -> Self
    /// Reads one field, blanks around it tolerated.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>, as form: IDForm) -> IDReading<Self>
    /// Reads whole lines that are nothing but IDs, as fast as can be; see ``LineScan``.
    static func scan(_ lines: inout LineScan<Self>, as form: IDForm)
    func append(to bytes: inout [UInt8], as form: IDForm)
}

extension UInt64: DiffID {
    /// The finaliser of SplitMix64 (SOURCE: see `splitMix64` of Wire, without the addition): a bijection.
    @inline(__always)
    static func scramble(_ id: UInt64) -> UInt64 {
        var z = (id ^ (id &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z &>> 31)
    }

    /// Each step undone, the last one first; the factors are the inverses modulo 2⁶⁴ of those above.
    static func unscramble(_ mixed: UInt64) -> UInt64 {
        var z = mixed ^ (mixed &>> 31) ^ (mixed &>> 62)
        z = z &* 0x3196_42B2_D24D_8EC3
        z = z ^ (z &>> 27) ^ (z &>> 54)
        z = z &* 0x96DE_1B17_3F11_9089
        return z ^ (z &>> 30) ^ (z &>> 60)
    }

    static func read(_ bytes: UnsafeBufferPointer<UInt8>, as form: IDForm) -> IDReading<UInt64> {
        switch (IDLine(bytes), form) {
        case (.empty, _): .empty
        case (.text(let id), .auto), (.text(let id), .text), (.ambiguous(_, let id), .text): .text(id)
        case (.decimal(let id), .auto), (.decimal(let id), .decimal), (.ambiguous(let id, _), .decimal):
            .number(id)
        case (.ambiguous(let id, _), .auto): .ambiguous(id)
        default: .malformed
        }
    }

    static func scan(_ lines: inout LineScan<UInt64>, as form: IDForm) {
        if form != .text { lines.scanDecimal(leaving13: form == .auto) }
        if form != .decimal { lines.scanText(leavingDigits: form == .auto) }
    }

    func append(to bytes: inout [UInt8], as form: IDForm) {
        if form == .decimal {
            DecimalDigits.append(self, to: &bytes)
        } else {
            CrockfordBase32.append(self, to: &bytes)
        }
    }
}

extension UInt128: DiffID {
    /// Two rounds of a Feistel network (SOURCE: Luby, Rackoff, "How to construct pseudorandom permutations
    /// from pseudorandom functions", 1988) over the mix of 64 bits: whichever half varies, the upper one is
    /// mixed.
    @inline(__always)
    static func scramble(_ id: UInt128) -> UInt128 {
        var (high, low) = (UInt64(truncatingIfNeeded: id &>> 64), UInt64(truncatingIfNeeded: id))
        low ^= splitMix64(high)
        high ^= splitMix64(low)
        return UInt128(high) &<< 64 | UInt128(low)
    }

    static func unscramble(_ mixed: UInt128) -> UInt128 {
        var (high, low) = (UInt64(truncatingIfNeeded: mixed &>> 64), UInt64(truncatingIfNeeded: mixed))
        high ^= splitMix64(low)
        low ^= splitMix64(high)
        return UInt128(high) &<< 64 | UInt128(low)
    }

    static func read(_ bytes: UnsafeBufferPointer<UInt8>, as form: IDForm) -> IDReading<UInt128> {
        let field = IDLine.trimmed(bytes)
        guard !field.isEmpty else { return .empty }
        let id =
            switch form {
            case .hex: hex(field, dashes: false)
            case .uuid: hex(field, dashes: true)
            default: decimal(field)
            }
        return id.map { .number($0) } ?? .malformed
    }

    /// Lines of 128 bits are all read one by one.
    static func scan(_ lines: inout LineScan<UInt128>, as form: IDForm) {}

    private static func hex(_ text: UnsafeBufferPointer<UInt8>, dashes: Bool) -> UInt128? {
        guard dashes ? text.count == 36 : text.count <= 32 else { return nil }
        var value: UInt128 = 0
        for (index, byte) in text.enumerated() {
            if dashes, [8, 13, 18, 23].contains(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt128(byte - 0x30)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt128(byte - 0x57)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt128(byte - 0x37)
            default: return nil
            }
        }
        return value
    }

    /// 1 to 39 digits without a leading zero.
    private static func decimal(_ text: UnsafeBufferPointer<UInt8>) -> UInt128? {
        guard text.count <= 39, text[0] != UInt8(ascii: "0") || text.count == 1 else { return nil }
        var value: UInt128 = 0
        for byte in text {
            guard (0x30...0x39).contains(byte) else { return nil }
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt128(byte - 0x30))
            if overflowed || carried { return nil }
            value = sum
        }
        return value
    }

    func append(to bytes: inout [UInt8], as form: IDForm) {
        if form == .decimal128 {
            bytes += Array(String(self).utf8)
            return
        }
        for nibble in 0..<32 {
            if form == .uuid, [8, 12, 16, 20].contains(nibble) { bytes.append(UInt8(ascii: "-")) }
            let digit = UInt8(truncatingIfNeeded: self >> UInt128(124 - nibble * 4) & 15)
            bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}
