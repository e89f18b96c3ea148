import Testing
import Wire

@Suite struct HexTests {
    @Test func words() {
        #expect(Hex.encode(0x0123_4567_89AB_CDEF) == Array("0123456789abcdef".utf8))
        #expect(Hex.encode(0) == Array("0000000000000000".utf8))
        #expect(Hex.decode("0123456789abcdef".utf8) == 0x0123_4567_89AB_CDEF)
        #expect(Hex.decode("ffffffffffffffff".utf8) == .max)
    }

    @Test(arguments: [
        "", "0", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", "0123456789abcdeg",
        "+123456789abcdef",
        "0x23456789abcdef", "0123456789abcd é",
    ])
    func refusesWords(_ text: String) {
        #expect(Hex.decode(text.utf8) == nil)
    }

    @Test func bytes() {
        #expect(Hex.encode(bytes: [0x00, 0x9F, 0xFF]) == Array("009fff".utf8))
        #expect(Hex.decodeBytes("009fff".utf8) == [0x00, 0x9F, 0xFF])
        #expect(Hex.decodeBytes("".utf8) == [])
        #expect(Hex.decodeBytes("0".utf8) == nil)
        #expect(Hex.decodeBytes("0G".utf8) == nil)
        #expect(Hex.decodeBytes("FF".utf8) == nil)
    }

    @Test func roundTrips() {
        var random = SplitMix64(seed: 5)
        for _ in 0..<1000 {
            let value = random.next()
            #expect(Hex.decode(Hex.encode(value)) == value)
        }
    }
}
