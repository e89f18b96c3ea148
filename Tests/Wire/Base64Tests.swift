import Testing
import Wire

@Suite struct Base64Tests {
    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func vectors(plain: String, encoded: String) {
        let unpadded = String(encoded.prefix { $0 != "=" })
        #expect(Base64.encode(Array(plain.utf8)) == Array(encoded.utf8))
        #expect(Base64.decode(encoded.utf8) == Array(plain.utf8))
        #expect(Base64URL.encode(Array(plain.utf8)) == Array(unpadded.utf8))
        #expect(Base64URL.decode(unpadded.utf8) == Array(plain.utf8))
    }

    @Test func alphabetsDifferInTwoSymbols() {
        let bytes: [UInt8] = [0xFB, 0xEF, 0xFF]
        #expect(Base64.encode(bytes) == Array("++//".utf8))
        #expect(Base64URL.encode(bytes) == Array("--__".utf8))
        #expect(Base64.decode("--__".utf8) == nil)
        #expect(Base64URL.decode("++//".utf8) == nil)
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zm8", "Zm8==", "Zm=8", "Zh==", "Zm9=", "Zm9vZg",
        "Zm9v\n",
        " Zm9v", "Zm9v ", "Zm9v====", "Zé==", "Zm9\u{0}",
    ])
    func paddedRefuses(_ text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }

    @Test(arguments: ["Z", "Zg==", "Zh", "Zm9", "Zm9vZ", "Zm9v=", "Zm9v\n", " Zm9v", "Zm.v", "Zmé"])
    func urlRefuses(_ text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }

    @Test func roundTrips() {
        var random = SplitMix64(seed: 3)
        for length in 0..<300 {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
            #expect(Base64URL.decode(Base64URL.encode(bytes)[...]) == bytes)
        }
    }

    @Test("a foreign character is refused wherever it stands")
    func foreignCharacters() {
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        for length in [2, 3, 4, 6, 7, 8] {
            for place in 0..<length {
                for byte in UInt8.min...UInt8.max {
                    var text = [UInt8](repeating: UInt8(ascii: "A"), count: length)
                    text[place] = byte
                    let bytes = Base64URL.decode(text)
                    let isOwn = bytes.map(Base64URL.encode) == text
                    #expect(alphabet.contains(byte) ? bytes == nil || isOwn : bytes == nil)
                    if place < length - 1 { #expect((bytes != nil) == alphabet.contains(byte)) }
                }
            }
        }
    }

    @Test("decoding into room that is given says how much of it was used, or that the text is no good")
    func intoRoom() {
        var random = SplitMix64(seed: 5)
        let alphabet = Array("ABYZabyz0189-_".utf8) + [UInt8(ascii: "=")]
        for round in 0..<5000 {
            let symbols = round % 3 == 0 ? alphabet.count : alphabet.count - 1
            let length = Int(random.next() % 40)
            let text = (0..<length).map { _ in alphabet[Int(random.next() % UInt64(symbols))] }
            var room = [UInt8](repeating: 0xEE, count: length * 3 / 4 + Int(random.next() % 3))
            let count = text.withUnsafeBufferPointer { text in
                room.withUnsafeMutableBufferPointer { Base64URL.decode(text, into: $0) }
            }
            #expect(count.map { Array(room[..<$0]) } == Base64URL.decode(text))
            if let count { #expect(room[count...].allSatisfy { $0 == 0xEE }) }
        }
    }

    /// Each byte string has one text: whatever is accepted is what encoding gives.
    @Test func acceptsNothingButItsOwnSpelling() {
        var random = SplitMix64(seed: 4)
        let alphabet = Array("ABYZabyz0189+/-_=\n.".utf8)
        for _ in 0..<20_000 {
            let length = Int(random.next() % 10)
            let text = (0..<length).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
            if let bytes = Base64.decode(text) { #expect(Base64.encode(bytes) == text) }
            if let bytes = Base64URL.decode(text) { #expect(Base64URL.encode(bytes) == text) }
        }
    }
}
