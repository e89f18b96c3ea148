import Testing
import Wire

@Suite struct CrockfordBase32Tests {
    private func text(_ value: UInt64) -> String {
        String(decoding: CrockfordBase32.encode(value), as: UTF8.self)
    }

    @Test func knownValues() {
        #expect(text(0) == "0000000000000")
        #expect(text(1) == "0000000000001")
        #expect(text(31) == "000000000000Z")
        #expect(text(32) == "0000000000010")
        #expect(text(.max) == "FZZZZZZZZZZZZ")
        #expect(text(0x0123_4567_89AB_CDEF) == "028T5CY4TQKFF")
    }

    @Test func everyDigitHasItsSymbol() {
        let alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        for (digit, symbol) in alphabet.enumerated() { #expect(text(UInt64(digit)).last == symbol) }
    }

    @Test func readsWhatPeopleWrite() {
        #expect(CrockfordBase32.decode("fzzzzzzzzzzzz".utf8) == .max)
        #expect(CrockfordBase32.decode("0000000000OOo".utf8) == 0)
        #expect(CrockfordBase32.decode("00000000000Il".utf8) == 33)
        #expect(CrockfordBase32.decode("00000000000Li".utf8) == 33)
    }

    @Test(arguments: [
        "", "0", "000000000000", "00000000000000", "G000000000000", "Z000000000000", "000000000000U",
        "000000000000u", "000000000000-", "000000000000 ", "00000000000é", "000000000000\u{0}",
        "000000000000[",
        "000000000000@", "000000000000`", "000000000000{", "000000000000/", "000000000000:",
    ])
    func refuses(_ text: String) {
        #expect(CrockfordBase32.decode(text.utf8) == nil)
    }

    @Test func roundTripsAndKeepsTheOrder() {
        var random = SplitMix64(seed: 1)
        var previous: (UInt64, String)?
        for _ in 0..<2000 {
            let value = random.next() >> (random.next() % 64)
            let text = text(value)
            #expect(CrockfordBase32.decode(text.utf8) == value)
            #expect(CrockfordBase32.decode(text.lowercased().utf8) == value)
            if let previous { #expect((previous.0 < value) == (previous.1 < text)) }
            previous = (value, text)
        }
    }

    @Test func hostileBytesGiveNilOrAValueThatReadsBack() {
        var random = SplitMix64(seed: 2)
        for _ in 0..<20_000 {
            let bytes = (0..<13).map { _ in UInt8(truncatingIfNeeded: random.next() % 128) }
            guard let value = CrockfordBase32.decode(bytes) else { continue }
            #expect(CrockfordBase32.decode(CrockfordBase32.encode(value)) == value)
        }
    }
}
