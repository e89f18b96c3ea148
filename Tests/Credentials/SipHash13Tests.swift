import Credentials
import Testing

@Suite struct SipHash13Tests {
    private func hash(_ count: Int, _ key: (UInt64, UInt64)) -> UInt64 {
        Array(0..<UInt8(count)).withUnsafeBytes { SipHash13(key: key).hash($0) }
    }

    /// The bytes 0, 1, 2 … under a key: the first from the authors' reference implementation, the others from
    /// CPython 3.11, whose `hash(bytes)` is SipHash-1-3 (PYTHONHASHSEED 0 and 42).
    @Test func vectors() {
        #expect(hash(0, (0, 0)) == 0xD1FB_A762_150C_532C)
        #expect(hash(15, (0, 0)) == 0xF30E_B725_BB91_C9EA)
        #expect(hash(64, (0, 0)) == 0x75E0_5FD5_BBC8_70C6)
        let key: (UInt64, UInt64) = (0xDC50_4FD3_68CD_90AF, 0xB920_BB9F_FE99_E9C1)
        let expected: [Int: UInt64] = [
            1: 0xCE88_0C36_6BCF_3489, 7: 0xCE28_0FAB_C397_FBDA, 8: 0x6086_6C3C_108C_6AFB,
            9: 0x6881_4005_F746_9E03, 15: 0x94AC_E24D_68C1_8CF8, 16: 0x3391_76F3_AC59_CE05,
            63: 0x06E2_4D6F_0D01_4C37,
        ]
        for (count, value) in expected { #expect(hash(count, key) == value, "\(count) bytes") }
    }

    @Test("every bit of the bytes, their number and the key count")
    func bitsCount() {
        let bytes = (0..<40).map { UInt8($0 * 5) }
        var seen: Set<UInt64> = []
        func note(_ bytes: [UInt8], _ key: (UInt64, UInt64) = (1, 2)) {
            #expect(seen.insert(bytes.withUnsafeBytes { SipHash13(key: key).hash($0) }).inserted)
        }
        note(bytes)
        note(bytes + [0])
        note(Array(bytes.dropLast()))
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            note(changed)
        }
        for bit in 0..<64 {
            note(bytes, (1 ^ 1 << UInt64(bit), 2))
            note(bytes, (1, 2 ^ 1 << UInt64(bit)))
        }
    }
}
