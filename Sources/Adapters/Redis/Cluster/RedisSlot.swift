/// The slot of a key in a cluster: CRC16 of the key, or of its hash tag, modulo 16384.
///
/// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
package enum RedisSlot {
    /// How many slots there are, shared out among the masters.
    package static let count = 16_384

    /// - Returns: 0..<16384.
    package static func of(_ key: UnsafeRawBufferPointer) -> Int {
        Int(crc16(tagged(key))) & (count - 1)
    }

    package static func of(_ key: [UInt8]) -> Int { key.withUnsafeBytes { of($0) } }

    /// What stands between the first `{` and the first `}` behind it, if that is anything; else the key.
    private static func tagged(_ key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")) else { return key }
        let rest = UnsafeRawBufferPointer(rebasing: key[(open + 1)...])
        guard let close = rest.firstIndex(of: UInt8(ascii: "}")), close > 0 else { return key }
        return UnsafeRawBufferPointer(rebasing: rest[..<close])
    }

    /// CRC16-CCITT as XMODEM has it: polynomial 0x1021, from 0, nothing reflected.
    static func crc16(_ bytes: UnsafeRawBufferPointer) -> UInt16 {
        var crc: UInt16 = 0
        for byte in bytes { crc = crc << 8 ^ table[Int(UInt8(crc >> 8) ^ byte)] }
        return crc
    }

    private static let table: [UInt16] = (0..<256).map { index in
        (0..<8).reduce(UInt16(index) << 8) { crc, _ in crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
    }
}
