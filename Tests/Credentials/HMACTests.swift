import Credentials
import Testing
import Wire

@Suite struct HMACTests {
    private func hex(_ bytes: [UInt8]) -> String {
        String(decoding: Hex.encode(bytes: bytes), as: UTF8.self)
    }

    private func bytes(_ byte: UInt8, _ count: Int) -> [UInt8] {
        [UInt8](repeating: byte, count: count)
    }

    @Test func digests() {
        #expect(hex(sha256([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            hex(sha256(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    /// RFC 4231 §4.2 to §4.8 (§4.6 truncates).
    @Test func vectors() {
        #expect(
            hex(HMACSHA256(key: bytes(0x0B, 20)).tag(Array("Hi There".utf8)))
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            hex(HMACSHA256(key: Array("Jefe".utf8)).tag(Array("what do ya want for nothing?".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            hex(HMACSHA256(key: bytes(0xAA, 20)).tag(bytes(0xDD, 50)))
                == "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")
        #expect(
            hex(HMACSHA256(key: Array(1...25)).tag(bytes(0xCD, 50)))
                == "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")
        #expect(
            hex(
                HMACSHA256(key: bytes(0x0C, 20)).tag(Array("Test With Truncation".utf8)).prefix(16).map { $0 }
            )
                == "a3b6167473100ee06e0c796c2955552b")
        #expect(
            hex(
                HMACSHA256(key: bytes(0xAA, 131)).tag(
                    Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        let long =
            "This is a test using a larger than block-size key and a larger than block-size data. "
            + "The key needs to be hashed before being used by the HMAC algorithm."
        #expect(
            hex(HMACSHA256(key: bytes(0xAA, 131)).tag(Array(long.utf8)))
                == "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2")
    }

    /// However a message is cut into parts, prefix included, its tag is the same; the key is not used up.
    @Test func partsAndPrefixesAreOneMessage() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<200 {
            let key = (0..<random.next() % 130).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let message = (0..<random.next() % 200).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let first = Int(random.next() % UInt64(message.count + 1))
            let second = first + Int(random.next() % UInt64(message.count - first + 1))
            let whole = HMACSHA256(key: key)
            let expected = whole.tag(message)
            #expect(
                whole.tag(Array(message[..<first]), Array(message[first..<second]), Array(message[second...]))
                    == expected)
            let prefixed = HMACSHA256(key: Secret(key), prefix: Array(message[..<first]))
            #expect(prefixed.tag(Array(message[first...])) == expected)
            #expect(prefixed.tag(Array(message[first...])) == expected)
            var pieces = whole.begin()
            for byte in message { pieces.add([byte]) }
            #expect(pieces.finish() == expected)
        }
    }

    @Test func comparing() {
        #expect(constantTimeEquals([UInt8](), []))
        #expect(constantTimeEquals([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEquals([1, 2, 3], [1, 2, 4]))
        #expect(!constantTimeEquals([1, 2, 3], [1, 2]))
        #expect(!constantTimeEquals([], [0]))
        let bytes: [UInt8] = [0, 1, 2, 3]
        #expect(constantTimeEquals(bytes[1...], [1, 2, 3]))
    }
}
