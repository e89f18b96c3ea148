import Testing
import Wire

@Suite struct CRC32Tests {
    /// The check value that catalogues of CRCs give for this polynomial.
    @Test func checkValue() {
        #expect(crc32("123456789".utf8) == 0xCBF4_3926)
        #expect(crc32([]) == 0)
        #expect(crc32([UInt8](repeating: 0, count: 32)) == 0x190A_55AD)
        #expect(crc32([UInt8](repeating: 0xFF, count: 32)) == 0xFF6C_AB0B)
    }

    @Test func slicesAndLazySequencesGiveTheSame() {
        let bytes: [UInt8] = [9, 1, 2, 3, 9]
        #expect(crc32(bytes[1..<4]) == crc32([1, 2, 3]))
        #expect(crc32(sequence(first: UInt8(1)) { $0 < 3 ? $0 + 1 : nil }) == crc32([1, 2, 3]))
    }

    @Test func everySingleBitFlipShows() {
        let bytes = Array("a record of a profile".utf8)
        let sum = crc32(bytes)
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(crc32(damaged) != sum)
        }
    }

    /// Whatever their length and place, and however they are cut: as bit by bit.
    @Test func everyLengthAndCut() {
        var random = SplitMix64(seed: 32)
        let bytes = (0..<100).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        func naive(_ bytes: ArraySlice<UInt8>) -> UInt32 {
            var remainder = UInt32.max
            for byte in bytes {
                remainder ^= UInt32(byte)
                for _ in 0..<8 {
                    remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1
                }
            }
            return ~remainder
        }
        for start in 0..<9 {
            for end in start...100 { #expect(crc32(bytes[start..<end]) == naive(bytes[start..<end])) }
        }
        bytes.withUnsafeBytes { all in
            for cut in 0...100 {
                let head = crc32(UnsafeRawBufferPointer(rebasing: all[..<cut]), after: 0)
                let sum = crc32(UnsafeRawBufferPointer(rebasing: all[cut...]), after: head)
                #expect(sum == naive(bytes[...]))
            }
        }
    }
}
