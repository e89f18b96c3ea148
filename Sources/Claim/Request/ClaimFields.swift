import Wire

/// The four fields of a claim's body where they lie in it: good during the body's life only.
///
/// It reads bodies of the usual form, whatever space is in them: one object with the four members, each once
/// and in any order, their values strings of ASCII without escapes within the lengths allowed. What it reads,
/// ``ClaimRequest/parse(_:)-(UnsafeRawBufferPointer)`` reads alike; everything else is left to that parser,
/// so that there is one opinion on what is wrong with a body, and on escapes and UTF-8.
struct ClaimFields {
    let coupon: UnsafeBufferPointer<UInt8>
    let gift: UnsafeBufferPointer<UInt8>
    let region: UnsafeBufferPointer<UInt8>
    let role: UInt64

    /// Of what another reader has read.
    init(
        coupon: UnsafeBufferPointer<UInt8>, gift: UnsafeBufferPointer<UInt8>,
        region: UnsafeBufferPointer<UInt8>, role: UInt64
    ) {
        self.coupon = coupon
        self.gift = gift
        self.region = region
        self.role = role
    }

    /// nil where the body is not of the usual form.
    init?(_ body: UnsafeRawBufferPointer) {
        guard body.count <= ClaimRequest.maxBytes else { return nil }
        var scan = Scan(text: body.assumingMemoryBound(to: UInt8.self))
        guard scan.take(UInt8(ascii: "{")) else { return nil }
        let nothing = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
        var (coupon, gift, region, role) = (nothing, nothing, nothing, nothing)
        var seen = 0
        for left in stride(from: 3, through: 0, by: -1) {
            guard let name = scan.string(), scan.take(UInt8(ascii: ":")), let value = scan.string() else {
                return nil
            }
            switch name.count {
            case 6 where Self.equal(name, "coupon"): (coupon, seen) = (value, seen | 1)
            case 4 where Self.equal(name, "gift"): (gift, seen) = (value, seen | 2)
            case 6 where Self.equal(name, "region"): (region, seen) = (value, seen | 4)
            case 4 where Self.equal(name, "role"): (role, seen) = (value, seen | 8)
            default: return nil
            }
            guard scan.take(left > 0 ? UInt8(ascii: ",") : UInt8(ascii: "}")) else { return nil }
        }
        // Four members and four names seen: none stood twice.
        guard seen == 15, scan.isAtEnd, coupon.count <= ClaimRequest.maxCouponBytes,
            gift.count <= ClaimRequest.maxIDBytes, region.count <= ClaimRequest.maxIDBytes,
            role.count <= 20, let number = DecimalDigits.parse(role)
        else { return nil }
        self.coupon = coupon
        self.gift = gift
        self.region = region
        self.role = number
    }

    @inline(__always)
    private static func equal(_ name: UnsafeBufferPointer<UInt8>, _ wanted: StaticString) -> Bool {
        let letters = wanted.utf8Start
        for index in 0..<wanted.utf8CodeUnitCount where name[index] != letters[index] { return false }
        return true
    }

    /// A place in the text; every step passes over the space in front of what it takes.
    private struct Scan {
        let text: UnsafeBufferPointer<UInt8>
        var offset = 0

        init(text: UnsafeBufferPointer<UInt8>) {
            self.text = text
        }

        /// Nothing follows but space.
        var isAtEnd: Bool {
            mutating get {
                skipSpace()
                return offset == text.count
            }
        }

        @inline(__always)
        mutating func take(_ byte: UInt8) -> Bool {
            skipSpace()
            guard offset < text.count, text[offset] == byte else { return false }
            offset += 1
            return true
        }

        /// What stands between two quotes, where it is ASCII without escapes and control characters.
        @inline(__always)
        mutating func string() -> UnsafeBufferPointer<UInt8>? {
            guard take(UInt8(ascii: "\"")) else { return nil }
            let start = offset
            let end = firstSpecial(from: start)
            guard end < text.count, text[end] == UInt8(ascii: "\"") else { return nil }
            offset = end + 1
            return UnsafeBufferPointer(rebasing: text[start..<end])
        }

        @inline(__always)
        private mutating func skipSpace() {
            while offset < text.count {
                switch text[offset] {
                case 0x20, 0x0A, 0x0D, 0x09: offset += 1
                default: return
                }
            }
        }

        /// The first quote, backslash, control character or byte beyond ASCII; the text's end without one.
        ///
        /// Eight bytes at a time (S. E. Anderson, "Bit Twiddling Hacks", zero byte in a word): a byte's
        /// highest bit is set in `found` where the byte is special; a borrow may set bits of higher bytes
        /// wrongly, but never of the lowest one found.
        private func firstSpecial(from start: Int) -> Int {
            let ones: UInt64 = 0x0101_0101_0101_0101
            let tops: UInt64 = 0x8080_8080_8080_8080
            let bytes = UnsafeRawBufferPointer(text)
            var at = start
            while at + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                let quote = word ^ (ones &* 0x22)
                let backslash = word ^ (ones &* 0x5C)
                let found =
                    ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash
                        | (word &- ones &* 0x20) & ~word | word) & tops
                if found != 0 { return at + found.trailingZeroBitCount / 8 }
                at += 8
            }
            while at < bytes.count {
                let byte = bytes[at]
                if byte < 0x20 || byte >= 0x80 || byte == 0x22 || byte == 0x5C { return at }
                at += 1
            }
            return at
        }
    }
}
