import Testing
import Wire

@Suite struct DecimalDigitsTests {
    @Test func roundTrips() {
        var random = SplitMix64(seed: 8)
        var values = (0..<2000).map { _ in random.next() >> (random.next() % 64) }
        values += [0, 9, 10, 99, 100, .max, .max - 1]
        for value in values {
            var text: [UInt8] = [UInt8(ascii: "x")]
            DecimalDigits.append(value, to: &text)
            #expect(text == Array("x\(value)".utf8))
            #expect(DecimalDigits.parse(text.dropFirst()) == value)
        }
    }

    @Test(arguments: [
        "", "-1", "+1", " 1", "1 ", "01", "00", "1.0", "1e3", "18446744073709551616", "99999999999999999999",
        "100000000000000000000", "१", "0x1",
    ])
    func refuses(_ text: String) {
        #expect(DecimalDigits.parse(text.utf8) == nil)
    }
}
