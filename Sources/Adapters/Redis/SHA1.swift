/// SHA-1 as of FIPS 180-4 §6.1, as 40 lower-case hex digits.
///
/// Redis names a cached script by this digest; nothing here relies on its strength. It is computed a
/// few times a process, so it is written for reading.
func sha1Hex(_ message: [UInt8]) -> String {
    var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
    var padded = message
    padded.append(0x80)
    while padded.count % 64 != 56 { padded.append(0) }
    let bitCount = UInt64(message.count) * 8
    for shift in stride(from: 56, through: 0, by: -8) {
        padded.append(UInt8(truncatingIfNeeded: bitCount >> UInt64(shift)))
    }
    for block in stride(from: 0, to: padded.count, by: 64) {
        mix(padded[block..<block + 64], into: &state)
    }

    let digits = Array("0123456789abcdef".utf8)
    var hex: [UInt8] = []
    for word in state {
        for shift in stride(from: 28, through: 0, by: -4) {
            hex.append(digits[Int(word >> UInt32(shift) & 15)])
        }
    }
    return String(decoding: hex, as: UTF8.self)
}

private func mix(_ block: ArraySlice<UInt8>, into state: inout [UInt32]) {
    var words: [UInt32] = []
    words.reserveCapacity(80)
    for offset in stride(from: block.startIndex, to: block.endIndex, by: 4) {
        words.append(block[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) })
    }
    for index in 16..<80 {
        words.append(
            rotated(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], by: 1))
    }
    var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
    for (index, word) in words.enumerated() {
        let (choice, constant): (UInt32, UInt32) =
            switch index {
            case 0..<20: (b & c | ~b & d, 0x5a82_7999)
            case 20..<40: (b ^ c ^ d, 0x6ed9_eba1)
            case 40..<60: (b & c | b & d | c & d, 0x8f1b_bcdc)
            default: (b ^ c ^ d, 0xca62_c1d6)
            }
        let next = rotated(a, by: 5) &+ choice &+ e &+ constant &+ word
        (a, b, c, d, e) = (next, a, rotated(b, by: 30), c, d)
    }
    for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
}

private func rotated(_ word: UInt32, by count: UInt32) -> UInt32 {
    word << count | word >> (32 - count)
}
