import Credentials
import Testing
import Wire

/// The examples of the RFCs, at the level of the signature: their headers name no key.
@Suite struct SignatureVectorTests {
    private func check(_ algorithm: TicketAlgorithm, signed: String, signature: String) throws {
        let key = try TestKeys.verifying(algorithm).mechanism(isPrivate: false)
        let signature = TestKeys.base64URL(signature)
        let isGood = Array(signed.utf8).withUnsafeBytes { key.verifies(signature, over: $0) }
        #expect(isGood)
        for bit in stride(from: 0, to: signature.count * 8, by: 7) {
            var damaged = signature
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let isStillGood = Array(signed.utf8).withUnsafeBytes { key.verifies(damaged, over: $0) }
            #expect(!isStillGood)
        }
        let isGoodForOther = Array((signed + "A").utf8).withUnsafeBytes { key.verifies(signature, over: $0) }
        #expect(!isGoodForOther)
    }

    private static let joe =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    /// RFC 7515 appendix A.1.
    @Test func hs256() throws {
        try check(
            .hs256, signed: "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + Self.joe,
            signature: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    }

    /// RFC 7515 appendix A.3.
    @Test func es256() throws {
        try check(
            .es256, signed: "eyJhbGciOiJFUzI1NiJ9." + Self.joe,
            signature:
                "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
    }

    /// RFC 8037 appendix A.4 and A.5; Ed25519 is deterministic, so that signing gives the same bytes.
    @Test func edDSA() throws {
        let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        let signature =
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        try check(.edDSA, signed: signed, signature: signature)
        let key = try TestKeys.signing(.edDSA).mechanism(isPrivate: true)
        #expect(key.sign(Array(signed.utf8)) == TestKeys.base64URL(signature))
    }

    /// ECDSA's trivial forgeries: nothing about r or s may be taken on trust.
    @Test func es256RefusesZeroAndOutOfRange() throws {
        let key = try TestKeys.verifying(.es256).mechanism(isPrivate: false)
        let message = Array("message".utf8)
        for fill: (UInt8, UInt8) in [(0, 0), (0, 1), (1, 0), (0xFF, 0xFF)] {
            let signature = [UInt8](repeating: fill.0, count: 32) + [UInt8](repeating: fill.1, count: 32)
            let isGood = message.withUnsafeBytes { key.verifies(signature, over: $0) }
            #expect(!isGood)
        }
    }

    @Test(arguments: TicketAlgorithm.allCases) func otherLengthsAreRefused(_ algorithm: TicketAlgorithm)
        throws
    {
        let signer = try TestKeys.signing(algorithm).mechanism(isPrivate: true)
        let verifier = try TestKeys.verifying(algorithm).mechanism(isPrivate: false)
        let message = Array("message".utf8)
        let signature = signer.sign(message)
        for other in [[], Array(signature.dropLast()), signature + [0], [0] + signature] {
            let isGood = message.withUnsafeBytes { verifier.verifies(other, over: $0) }
            #expect(!isGood)
        }
    }
}
