/// SipHash-1-3: a keyed hash that nobody can find collisions of without its key. For tables that outsiders
/// fill; not a signature.
///
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), with one compression round a
/// word and three at the end, as the hash tables of Rust and Python have it.
package struct SipHash13: Sendable {
    private let k0: UInt64
    private let k1: UInt64

    /// The key, 128 bits, from a good source of randomness where outsiders are to be kept from guessing it.
    package init(key: (UInt64, UInt64)) {
        (k0, k1) = key
    }

    /// Fixed for a key and the bytes, on every machine.
    package func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = State(
            v0: k0 ^ 0x736F_6D65_7073_6575, v1: k1 ^ 0x646F_7261_6E64_6F6D,
            v2: k0 ^ 0x6C79_6765_6E65_7261, v3: k1 ^ 0x7465_6462_7974_6573)
        let whole = bytes.count & ~7
        for offset in stride(from: 0, to: whole, by: 8) {
            state.compress(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
        }
        var last = UInt64(truncatingIfNeeded: bytes.count) << 56
        for offset in whole..<bytes.count { last |= UInt64(bytes[offset]) << UInt64(8 * (offset - whole)) }
        state.compress(last)
        state.v2 ^= 0xFF
        for _ in 0..<3 { state.round() }
        return state.v0 ^ state.v1 ^ state.v2 ^ state.v3
    }

    private struct State {
        var v0: UInt64
        var v1: UInt64
        var v2: UInt64
        var v3: UInt64

        mutating func compress(_ word: UInt64) {
            v3 ^= word
            round()
            v0 ^= word
        }

        mutating func round() {
            v0 &+= v1
            v1 = Self.rotate(v1, 13) ^ v0
            v0 = Self.rotate(v0, 32)
            v2 &+= v3
            v3 = Self.rotate(v3, 16) ^ v2
            v0 &+= v3
            v3 = Self.rotate(v3, 21) ^ v0
            v2 &+= v1
            v1 = Self.rotate(v1, 17) ^ v2
            v2 = Self.rotate(v2, 32)
        }

        private static func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 {
            word &<< bits | word &>> (64 &- bits)
        }
    }
}
