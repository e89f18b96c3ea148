import Credentials
import Wire

/// The keys of the examples in RFC 7515 (appendix A.1, A.3) and RFC 8037 (appendix A.1), put into PEM here.
enum TestKeys {
    static let secret = base64URL(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")

    private static let p256Point =
        base64URL("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")
        + base64URL("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")

    static let p256Public = pem(
        "PUBLIC KEY", hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004") + p256Point)
    static let p256Private = pem(
        "PRIVATE KEY",
        hex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420")
            + base64URL("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")
            + hex("a14403420004") + p256Point)

    static let ed25519Public = pem(
        "PUBLIC KEY",
        hex("302a300506032b6570032100") + base64URL("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))
    static let ed25519Private = pem(
        "PRIVATE KEY",
        hex("302e020100300506032b657004220420") + base64URL("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))

    static func verifying(_ algorithm: TicketAlgorithm, id: String = "k1") -> TicketKey {
        switch algorithm {
        case .hs256: return TicketKey(id: id, algorithm: algorithm, material: secret)
        case .es256: return TicketKey(id: id, algorithm: algorithm, material: p256Public)
        case .edDSA: return TicketKey(id: id, algorithm: algorithm, material: ed25519Public)
        }
    }

    static func signing(_ algorithm: TicketAlgorithm, id: String = "k1") -> TicketKey {
        switch algorithm {
        case .hs256: return TicketKey(id: id, algorithm: algorithm, material: secret)
        case .es256: return TicketKey(id: id, algorithm: algorithm, material: p256Private)
        case .edDSA: return TicketKey(id: id, algorithm: algorithm, material: ed25519Private)
        }
    }

    /// A token with any header and payload, signed rightly: what a faulty issuer could send.
    static func token(
        header: String, payload: String, signedBy algorithm: TicketAlgorithm = .hs256
    ) throws -> [UInt8] {
        var token = Base64URL.encode(Array(header.utf8)) + [UInt8(ascii: ".")]
        Base64URL.append(Array(payload.utf8), to: &token)
        let signature = try signing(algorithm).mechanism(isPrivate: true).sign(token)
        token.append(UInt8(ascii: "."))
        Base64URL.append(signature, to: &token)
        return token
    }

    static func base64URL(_ text: String) -> [UInt8] {
        guard let bytes = Base64URL.decode(text.utf8) else { preconditionFailure("not base 64: \(text)") }
        return bytes
    }

    private static func hex(_ text: String) -> [UInt8] {
        guard let bytes = Hex.decodeBytes(text.utf8) else { preconditionFailure("not hexadecimal: \(text)") }
        return bytes
    }

    static func pem(_ kind: String, _ der: [UInt8]) -> [UInt8] {
        let lines = Array(Base64.encode(der))
        var text = Array("-----BEGIN \(kind)-----\n".utf8)
        for start in stride(from: 0, to: lines.count, by: 64) {
            text += lines[start..<min(start + 64, lines.count)] + [UInt8(ascii: "\n")]
        }
        return text + Array("-----END \(kind)-----\n".utf8)
    }
}
