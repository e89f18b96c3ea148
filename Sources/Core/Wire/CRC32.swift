/// The CRC-32 of IEEE 802.3 (reflected polynomial 0xEDB88320), as gzip and PNG use it: it finds
/// accidental damage of a stored record, and is no defence against a forged one.
package func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
    if let sum = bytes.withContiguousStorageIfAvailable({ crc32(buffer: $0) }) { return sum }
    return Array(bytes).withUnsafeBufferPointer { crc32(buffer: $0) }
}

/// The sum of bytes that lie in several places: of these, after those whose sum is `sum` (0 = none).
///
/// Eight bytes a step, each through a table of its own. SOURCE: Kounavis, Berry, "Novel Table Lookup-Based
/// Algorithms for High-Performance CRC Generation" (2008), slicing by 8.
package func crc32(_ bytes: UnsafeRawBufferPointer, after sum: UInt32) -> UInt32 {
    crcTables.withUnsafeBufferPointer { tables in
        var remainder = ~sum
        var at = 0
        while bytes.count - at >= 8 {
            let word = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self).littleEndian
            var mixed = word ^ UInt64(remainder)
            remainder = 0
            for table in stride(from: 7 * 256, through: 0, by: -256) {
                remainder ^= tables[table + Int(mixed & 0xFF)]
                mixed >>= 8
            }
            at += 8
        }
        while at < bytes.count {
            remainder = remainder >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: remainder) ^ bytes[at])]
            at += 1
        }
        return ~remainder
    }
}

private func crc32(buffer: UnsafeBufferPointer<UInt8>) -> UInt32 {
    crc32(UnsafeRawBufferPointer(buffer), after: 0)
}

/// The remainder of every single byte, then of every byte with one, two, … seven zeros behind it.
private let crcTables: [UInt32] = {
    var tables = (0..<256).map { byte in
        var remainder = UInt32(byte)
        for _ in 0..<8 {
            remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1
        }
        return remainder
    }
    for index in 0..<(7 * 256) {
        let before = tables[index]
        tables.append(before >> 8 ^ tables[Int(before & 0xFF)])
    }
    return tables
}()
