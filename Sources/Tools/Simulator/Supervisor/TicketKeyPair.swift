import CCrypto
import Credentials
import Wire

/// A fresh key of the login service: what signs tickets, and what the house verifies them with.
struct TicketKeyPair {
    let id: String
    let algorithm: TicketAlgorithm
    /// Of HS256 both are the secret's text form; else PEM.
    let signing: String
    let verifying: String

    /// Draws a key from libcrypto's generator.
    ///
    /// A generator that fails means a broken machine; this traps.
    init(id: String, algorithm: TicketAlgorithm) {
        self.id = id
        self.algorithm = algorithm
        switch algorithm {
        case .hs256:
            signing = "hex:" + String(decoding: Hex.encode(bytes: RandomBytes.draw(32)), as: UTF8.self)
            verifying = signing
        case .es256: (signing, verifying) = Self.draw(EVP_PKEY_EC)
        case .edDSA: (signing, verifying) = Self.draw(EVP_PKEY_ED25519)
        }
    }

    private static func draw(_ kind: Int32) -> (signing: String, verifying: String) {
        let context = EVP_PKEY_CTX_new_id(kind, nil)
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        var isMade = EVP_PKEY_keygen_init(context) == 1
        if isMade, kind == EVP_PKEY_EC {
            isMade = EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1
        }
        isMade = isMade && EVP_PKEY_keygen(context, &key) == 1
        precondition(isMade, "libcrypto draws no key")
        defer { EVP_PKEY_free(key) }
        return (
            pem { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) },
            pem { PEM_write_bio_PUBKEY($0, key) }
        )
    }

    private static func pem(_ write: (OpaquePointer?) -> Int32) -> String {
        let bio = BIO_new(BIO_s_mem())
        defer { BIO_free(bio) }
        precondition(write(bio) == 1, "libcrypto writes no PEM")
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1024)
        while true {
            let count = BIO_read(bio, &chunk, Int32(chunk.count))
            guard count > 0 else { break }
            text += chunk[..<Int(count)]
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// A member of the key file that signers read, or that verifiers do.
    func write(into json: inout JSONWriter, signs: Bool) {
        json.beginObject()
        json.key("id")
        json.string(id)
        json.key("algorithm")
        json.string(algorithm.rawValue)
        switch (algorithm, signs) {
        case (.hs256, _): json.key("secret")
        case (_, true): json.key("private_key")
        case (_, false): json.key("public_key")
        }
        json.string(signs ? signing : verifying)
        json.endObject()
    }
}

/// Randomness for secrets.
enum RandomBytes {
    static func draw(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
