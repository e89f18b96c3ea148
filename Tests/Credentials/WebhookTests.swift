import Credentials
import Testing
import Wire

@Suite struct WebhookTests {
    // The example that the Standard Webhooks libraries share.
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    private static let timestampS: Int64 = 1_614_265_330
    private static let body = Array(#"{"test": 2432232314}"#.utf8)
    private static let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    private func secret(_ byte: UInt8) -> String {
        "whsec_" + String(decoding: Base64.encode([UInt8](repeating: byte, count: 32)), as: UTF8.self)
    }

    private func outcome(
        secrets: [String] = [secret], id: String = id, timestamp: String = "\(timestampS)",
        signatures: String = signature, body: [UInt8] = body, nowS: Int64 = timestampS
    ) throws -> WebhookError? {
        let verifier = try WebhookVerifier(secrets: secrets)
        do throws(WebhookError) {
            try verifier.verify(id: id, timestamp: timestamp, signatures: signatures, body: body, nowS: nowS)
            return nil
        } catch {
            return error
        }
    }

    @Test func publicVector() throws {
        let signer = try WebhookSigner(secrets: [Self.secret])
        #expect(
            signer.signatureHeader(id: Self.id, timestampS: Self.timestampS, body: Self.body)
                == Self.signature)
        #expect(try outcome() == nil)
    }

    @Test("promise 10: a delivery is bound to its id, time and body")
    func everyPartCounts() throws {
        #expect(try outcome(id: "msg_p5jXN8AQM9LWM0D4loKWxJel") == .badSignature)
        #expect(try outcome(timestamp: "1614265331") == .badSignature)
        #expect(try outcome(body: Array(#"{"test": 2432232315}"#.utf8)) == .badSignature)
        #expect(try outcome(body: []) == .badSignature)
        #expect(try outcome(secrets: [secret(1)]) == .badSignature)
    }

    @Test func toleranceIsFiveMinutesBothWays() throws {
        #expect(try outcome(nowS: Self.timestampS + 300) == nil)
        #expect(try outcome(nowS: Self.timestampS + 301) == .tooOld)
        #expect(try outcome(nowS: Self.timestampS - 300) == nil)
        #expect(try outcome(nowS: Self.timestampS - 301) == .tooNew)
        #expect(try outcome(nowS: .max) == .tooOld)
        #expect(try outcome(nowS: .min) == .malformed)
    }

    @Test(arguments: [
        "", "v1", "v1,", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE", "v1,g0hM9SsE-OTPJTGt_tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1, g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1A==", "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ])
    func badSignatures(_ header: String) throws {
        #expect(try outcome(signatures: header) == .badSignature)
    }

    @Test func oneGoodSignatureAmongSeveralSuffices() throws {
        #expect(try outcome(signatures: "v1,AAAA v2,x \(Self.signature) v1a,y") == nil)
        #expect(try outcome(signatures: "  \(Self.signature)") == nil)
        let many = String(repeating: "v1,AAAA ", count: 8) + Self.signature
        #expect(try outcome(signatures: many) == .badSignature)
    }

    @Test(arguments: [
        "", " 1614265330", "1614265330 ", "+1614265330", "01614265330", "1614265330.0", "now", "-1",
        "18446744073709551615",
    ])
    func badTimestamps(_ timestamp: String) throws {
        #expect(try outcome(timestamp: timestamp) == .malformed)
    }

    /// `a.1.2` with one cut is `a` at 1 with body `2.…`, with another `a.1` at 2: ids hold no dot.
    @Test func idsHoldNoDot() throws {
        #expect(try outcome(id: "") == .malformed)
        #expect(try outcome(id: "msg.1") == .malformed)
    }

    @Test func secretsRotate() throws {
        let old = secret(1)
        let new = secret(2)
        let header = try WebhookSigner(secrets: [new, old]).signatureHeader(
            id: Self.id, timestampS: Self.timestampS, body: Self.body)
        #expect(header.split(separator: " ").count == 2)
        #expect(try outcome(secrets: [old], signatures: header) == nil)
        #expect(try outcome(secrets: [new], signatures: header) == nil)
        #expect(try outcome(secrets: [secret(3), new], signatures: header) == nil)
        #expect(try outcome(secrets: [secret(3)], signatures: header) == .badSignature)
    }

    @Test(arguments: [
        ("", KeyFault.Reason.malformed), ("whsec_", .tooShort),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", .malformed),
        ("whsec-MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", .malformed),
        ("whsec_" + String(repeating: "A", count: 31) + "=", .tooShort),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", .malformed),
        ("whsec_!fKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", .malformed),
        ("whsec_" + String(repeating: "A", count: 88), .tooLong),
    ])
    func badSecrets(text: String, reason: KeyFault.Reason) {
        #expect(throws: KeyFault(key: "dragon", reason: reason)) {
            try WebhookSecret(text: text, name: "dragon")
        }
    }

    @Test func noSecretsAreRefused() {
        #expect(throws: KeyFault(reason: .noKeys)) { try WebhookSigner(secrets: [String]()) }
        #expect(throws: KeyFault(reason: .noKeys)) { try WebhookVerifier(secrets: [String]()) }
    }

    @Test func derivedSecretsDifferByLabel() throws {
        let master = Secret(Array(0..<32))
        let dragon = try WebhookSecret(master: master, label: "dragon")
        #expect(dragon.reveal() == "whsec_neoQfmuFDpg/Y2L6IOBFosMKCUHHe2CbP+C1YmSwKhc=")
        #expect(try WebhookSecret(text: dragon.reveal()).reveal() == dragon.reveal())
        #expect(try WebhookSecret(master: master, label: "dragon 2").reveal() != dragon.reveal())
        #expect(throws: KeyFault(key: "dragon", reason: .tooShort)) {
            try WebhookSecret(master: Secret(Array(0..<31)), label: "dragon")
        }
    }
}
