import Credentials
import Testing
import Wire

@Suite struct KeyLoadingTests {
    private func fault(_ algorithm: TicketAlgorithm, _ material: [UInt8], isPrivate: Bool = false)
        -> KeyFault?
    {
        let key = TicketKey(id: "k1", algorithm: algorithm, material: material)
        do throws(KeyFault) {
            _ = try key.mechanism(isPrivate: isPrivate)
            return nil
        } catch {
            return error
        }
    }

    @Test func theHalfAndTheKindMustFit() {
        let wrongKind = KeyFault(key: "k1", reason: .wrongKind)
        let unreadable = KeyFault(key: "k1", reason: .unreadablePEM)
        #expect(fault(.es256, TestKeys.p256Public) == nil)
        #expect(fault(.es256, TestKeys.p256Private, isPrivate: true) == nil)
        #expect(fault(.edDSA, TestKeys.ed25519Public) == nil)
        #expect(fault(.edDSA, TestKeys.ed25519Private, isPrivate: true) == nil)
        #expect(fault(.es256, TestKeys.ed25519Public) == wrongKind)
        #expect(fault(.edDSA, TestKeys.p256Public) == wrongKind)
        #expect(fault(.es256, TestKeys.p256Private) == unreadable)
        #expect(fault(.es256, TestKeys.p256Public, isPrivate: true) == unreadable)
        #expect(fault(.es256, []) == unreadable)
        #expect(fault(.es256, TestKeys.secret) == unreadable)
        #expect(fault(.es256, Array(TestKeys.p256Public.dropLast(40))) == unreadable)
        #expect(fault(.es256, TestKeys.p256Public + [UInt8](repeating: 0x20, count: 1 << 20)) == unreadable)
    }

    /// A P-384 key is an EC key too; ES256 means P-256 only (RFC 7518 §3.4).
    @Test func otherCurvesAreRefused() {
        let p384 = """
            -----BEGIN PUBLIC KEY-----
            MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAETd1AwBNoqTCc10HHe4hoNxAtnlTfeGQW
            d5HSdR/BGtmHqhEvPoMztWuEWbXluq4iGcLfS86EhG3+vA2BWiJM9U7/tWBSdAru
            RkL2jHvzGwhxKP1/6wRtMw0ZNi1WHIrM
            -----END PUBLIC KEY-----

            """
        #expect(fault(.es256, Array(p384.utf8)) == KeyFault(key: "k1", reason: .wrongKind))
    }

    /// Would ask for the pass phrase on the terminal if nobody forbade it.
    @Test func encryptedKeysAreRefusedWithoutAsking() {
        let encrypted = TestKeys.pem("ENCRYPTED PRIVATE KEY", Array(repeating: 0x30, count: 64))
        #expect(fault(.edDSA, encrypted, isPrivate: true) == KeyFault(key: "k1", reason: .unreadablePEM))
    }

    @Test func secretsHaveALeastLength() {
        #expect(fault(.hs256, Array(0..<32)) == nil)
        #expect(fault(.hs256, Array(0..<31)) == KeyFault(key: "k1", reason: .tooShort))
        #expect(fault(.hs256, []) == KeyFault(key: "k1", reason: .tooShort))
    }

    @Test func verifiersAndSignersCheckTheirKeys() throws {
        #expect(throws: KeyFault(reason: .noKeys)) { try TicketVerifier(keys: [], audience: "hongbao") }
        #expect(throws: KeyFault(key: "k1", reason: .duplicate)) {
            try TicketVerifier(
                keys: [TestKeys.verifying(.hs256), TestKeys.verifying(.es256)], audience: "hongbao")
        }
        for id in ["", "a b", "a\"b", "é", String(repeating: "k", count: 65)] {
            #expect(throws: KeyFault(reason: .badID)) {
                try TicketSigner(key: TestKeys.signing(.hs256, id: id))
            }
        }
    }

    @Test func keyFiles() throws {
        let text = String(decoding: Base64.encode(TestKeys.secret), as: UTF8.self)
        let hex = String(decoding: Hex.encode(bytes: TestKeys.secret), as: UTF8.self)
        let verifier = try TicketVerifier(keys: [TestKeys.verifying(.hs256)], audience: "a")
        for file in ["base64:\(text)\n", " base64:\(text)", "hex:\(hex)\r\n"] {
            let key = try TicketKey(id: "k1", algorithm: .hs256, file: Array(file.utf8))
            let token = try TicketSigner(key: key).sign(user: 5, audience: "a", issuedAtS: 0, expiresAtS: 2)
            #expect(try verifier.verify(token[...], nowS: 1).user == 5)
        }
        for file in [
            "", "\n", text, hex, "base64:", "base64:\(text)=", "hex:0g", "raw:abc", "base64:\(text) x",
        ] {
            let key = try? TicketKey(id: "k1", algorithm: .hs256, file: Array(file.utf8))
            let mechanism = try? key?.mechanism(isPrivate: false)
            #expect(mechanism == nil)
        }
        let pair = try TicketKey(id: "k1", algorithm: .edDSA, file: TestKeys.ed25519Public)
        _ = try TicketVerifier(keys: [pair], audience: "a")
    }

    /// Whatever bytes a key file holds, loading it ends in a key or a fault.
    @Test func hostileKeyFiles() {
        var random = SplitMix64(seed: 6)
        for _ in 0..<300 {
            var pem = random.next() % 2 == 0 ? TestKeys.p256Public : TestKeys.ed25519Private
            for _ in 0...random.next() % 4 {
                pem[Int(random.next() % UInt64(pem.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = fault(.es256, pem)
            _ = fault(.edDSA, pem, isPrivate: true)
        }
    }
}
