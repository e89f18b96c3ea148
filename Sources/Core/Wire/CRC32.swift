/// The CRC-32 of IEEE 802.3 (reflected polynomial 0xEDB88320), as gzip and PNG use it: it finds
/// accidental damage of a stored record, and is no defence against a forged one.
package func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
    if let sum = bytes.withContiguousStorageIfAvailable({ crc32(buffer: $0) }) { return sum }
    return Array(bytes).withUnsafeBufferPointer { crc32(buffer: $0) }
}

/// The sum of bytes that lie in several places: of these, after those whose sum is `sum` (0 = none).
package func crc32(_ bytes: UnsafeRawBufferPointer, after sum: UInt32) -> UInt32 {
    crcTable.withUnsafeBufferPointer { table in
        var remainder = ~sum
        for byte in bytes {
            remainder = remainder >> 8 ^ table[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)]
        }
        return ~remainder
    }
}

private func crc32(buffer: UnsafeBufferPointer<UInt8>) -> UInt32 {
    crc32(UnsafeRawBufferPointer(buffer), after: 0)
}

/// The remainder of every single byte.
private let crcTable: [UInt32] = (0..<256).map { byte in
    var remainder = UInt32(byte)
    for _ in 0..<8 {
        remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1
    }
    return remainder
}
