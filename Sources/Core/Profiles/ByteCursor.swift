/// Reads a profile's body where it lies, big endian: what `ByteReader` does for bytes in arrays, without a
/// reference count a field.
///
/// The bytes must outlive it; it is made and used up within one `withUnsafeBytes`.
struct ByteCursor {
    private var next: UnsafeRawPointer
    private(set) var remaining: Int

    init(_ start: UnsafeRawPointer, count: Int) {
        next = start
        remaining = count
    }

    @inline(__always)
    private mutating func take(_ count: Int) throws(ProfileDamage) -> UnsafeRawPointer {
        guard remaining >= count else { throw .field("length") }
        defer {
            next += count
            remaining -= count
        }
        return next
    }

    @inline(__always)
    mutating func u8() throws(ProfileDamage) -> UInt8 {
        try take(1).load(as: UInt8.self)
    }

    @inline(__always)
    mutating func u16() throws(ProfileDamage) -> UInt16 {
        UInt16(bigEndian: try take(2).loadUnaligned(as: UInt16.self))
    }

    @inline(__always)
    mutating func u32() throws(ProfileDamage) -> UInt32 {
        UInt32(bigEndian: try take(4).loadUnaligned(as: UInt32.self))
    }

    @inline(__always)
    mutating func u64() throws(ProfileDamage) -> UInt64 {
        UInt64(bigEndian: try take(8).loadUnaligned(as: UInt64.self))
    }

    @inline(__always)
    mutating func bytes(_ count: Int) throws(ProfileDamage) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: try take(count), count: count)
    }

    /// The varint of `ByteWriter.varint`; only the shortest spelling of a value is taken.
    @inline(__always)
    mutating func varint() throws(ProfileDamage) -> UInt64 {
        let first = try u8()
        return first < 0x80 ? UInt64(first) : try longVarint(first)
    }

    private mutating func longVarint(_ first: UInt8) throws(ProfileDamage) -> UInt64 {
        var value = UInt64(first & 0x7f)
        var shift: UInt64 = 7
        while true {
            let byte = try u8()
            guard shift < 63 || (shift == 63 && byte <= 1) else { throw .field("varint") }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 {
                guard byte != 0 else { throw .field("varint") }
                return value
            }
            shift += 7
        }
    }
}
