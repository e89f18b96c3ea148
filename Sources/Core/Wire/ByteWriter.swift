/// Appends numbers to bytes, big endian: the writing half of the compact binary records.
package struct ByteWriter: Sendable {
    package var bytes: [UInt8]

    package init(reserving capacity: Int = 64) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package mutating func u8(_ value: UInt8) {
        bytes.append(value)
    }

    package mutating func u16(_ value: UInt16) {
        append(UInt64(value), count: 2)
    }

    package mutating func u32(_ value: UInt32) {
        append(UInt64(value), count: 4)
    }

    /// The low 48 bits; a larger value is a broken invariant and traps.
    package mutating func u48(_ value: UInt64) {
        precondition(value < 1 << 48, "value does not fit into 48 bits")
        append(value, count: 6)
    }

    package mutating func u64(_ value: UInt64) {
        append(value, count: 8)
    }

    /// Seven bits a byte, least significant first, the top bit set on all but the last (LEB128): 1 byte
    /// below 128, at most 10.
    package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    package mutating func append(_ more: some Sequence<UInt8>) {
        bytes.append(contentsOf: more)
    }

    private mutating func append(_ value: UInt64, count: Int) {
        for index in stride(from: count - 1, through: 0, by: -1) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(index * 8)))
        }
    }
}
