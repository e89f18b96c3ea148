/// A short name for content.
package enum ContentHash {
    /// FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923), over each file's length and bytes: a name for what was
    /// loaded, not a defence against forgery.
    package static func hex(_ files: [[UInt8]]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ byte: UInt8) {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        for file in files {
            for shift in stride(from: 56, through: 0, by: -8) {
                mix(UInt8(truncatingIfNeeded: UInt64(file.count) >> UInt64(shift)))
            }
            for byte in file { mix(byte) }
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
