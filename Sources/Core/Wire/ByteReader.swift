/// Why bytes could not be read as the number asked for.
package enum ByteReaderError: Error, Sendable, Equatable {
    /// The bytes end before the number does.
    case truncated
    /// A varint longer than its value needs, or beyond 64 bits.
    case malformedVarint
}

/// Takes numbers off bytes, big endian: the reading half of `ByteWriter`. A failed read takes nothing.
package struct ByteReader: Sendable {
    private var rest: ArraySlice<UInt8>

    package init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    package init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// Bytes not yet read.
    package var remaining: Int { rest.count }

    package mutating func u8() throws(ByteReaderError) -> UInt8 {
        UInt8(truncatingIfNeeded: try number(count: 1))
    }

    package mutating func u16() throws(ByteReaderError) -> UInt16 {
        UInt16(truncatingIfNeeded: try number(count: 2))
    }

    package mutating func u32() throws(ByteReaderError) -> UInt32 {
        UInt32(truncatingIfNeeded: try number(count: 4))
    }

    package mutating func u48() throws(ByteReaderError) -> UInt64 {
        try number(count: 6)
    }

    package mutating func u64() throws(ByteReaderError) -> UInt64 {
        try number(count: 8)
    }

    /// The varint that `ByteWriter.varint` writes; only the shortest spelling of a value is taken.
    package mutating func varint() throws(ByteReaderError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        var index = rest.startIndex
        while index < rest.endIndex {
            let byte = rest[index]
            index += 1
            if shift == 63, byte > 1 { throw .malformedVarint }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                if byte == 0, shift > 0 { throw .malformedVarint }
                rest = rest[index...]
                return value
            }
            shift += 7
        }
        throw .truncated
    }

    /// The next `count` bytes; a negative count is a broken invariant and traps.
    package mutating func bytes(_ count: Int) throws(ByteReaderError) -> ArraySlice<UInt8> {
        precondition(count >= 0, "negative count")
        guard rest.count >= count else { throw .truncated }
        let taken = rest.prefix(count)
        rest = rest.dropFirst(count)
        return taken
    }

    private mutating func number(count: Int) throws(ByteReaderError) -> UInt64 {
        guard rest.count >= count else { throw .truncated }
        var value: UInt64 = 0
        let start = rest.startIndex
        for index in start..<start + count {
            value = value << 8 | UInt64(rest[index])
        }
        rest = rest[(start + count)...]
        return value
    }
}
