/// The algorithms of RFC 7518 and RFC 8037 that tickets may be signed with, by their names there.
package enum TicketAlgorithm: String, Sendable, CaseIterable {
    /// HMAC-SHA256: the issuer and we share a secret.
    case hs256 = "HS256"
    /// ECDSA on P-256 with SHA-256.
    case es256 = "ES256"
    /// Ed25519.
    case edDSA = "EdDSA"
}

/// One key of the tickets' issuer. Its algorithm is pinned: a ticket that names the key with another one
/// is refused, so that a public key can never be made to serve as an HMAC secret.
package struct TicketKey: Sendable {
    /// RFC 7518 §3.2: at least as long as the digest.
    static let minSecretBytes = 32

    /// The `kid` that tickets name.
    package let id: String
    package let algorithm: TicketAlgorithm
    let material: Secret
    /// Unix seconds; from then on the key verifies nothing. `Int64.max`: it has no end.
    package let untilS: Int64

    /// `material` is the secret for `hs256` (at least 32 bytes); else PEM, public to verify and private to
    /// sign. It is checked where it is used: by `TicketVerifier` and `TicketSigner`.
    package init(id: String, algorithm: TicketAlgorithm, material: [UInt8], untilS: Int64 = .max) {
        self.id = id
        self.algorithm = algorithm
        self.untilS = untilS
        self.material = Secret(material)
    }

    /// The key that a file's bytes hold: PEM, or for `hs256` the text form of `Secret`.
    package init(
        id: String, algorithm: TicketAlgorithm, file: [UInt8], untilS: Int64 = .max
    ) throws(KeyFault) {
        self.id = id
        self.algorithm = algorithm
        self.untilS = untilS
        guard algorithm == .hs256 else {
            material = Secret(file)
            return
        }
        do { material = try Secret(text: file) } catch { throw KeyFault(key: id, reason: error.reason) }
    }

    /// What verifies, or signs, with this key: the signature alone, no claims.
    package func mechanism(isPrivate: Bool) throws(KeyFault) -> TicketMechanism {
        guard KeyFault.isName(id) else { throw KeyFault(reason: .badID) }
        if algorithm == .hs256 {
            guard material.count >= TicketKey.minSecretBytes else {
                throw KeyFault(key: id, reason: .tooShort)
            }
            return TicketMechanism(shared: HMACSHA256(key: material))
        }
        do {
            let pair = try SignatureKey(pem: material, algorithm: algorithm, isPrivate: isPrivate)
            return TicketMechanism(pair: pair)
        } catch {
            throw KeyFault(key: id, reason: error.reason)
        }
    }
}

/// A ticket key made ready. Immutable; any thread.
package struct TicketMechanism: Sendable {
    private enum Kind: Sendable {
        case shared(HMACSHA256)
        case pair(SignatureKey)
    }

    private let kind: Kind

    fileprivate init(shared: HMACSHA256) {
        kind = .shared(shared)
    }

    fileprivate init(pair: SignatureKey) {
        kind = .pair(pair)
    }

    /// Whether the signature, as a JSON Web Signature spells it, is this key's over the bytes. Allocates
    /// nothing for HS256.
    package func verifies(_ signature: UnsafeRawBufferPointer, over bytes: UnsafeRawBufferPointer) -> Bool {
        switch kind {
        case .shared(let hmac): return hmac.isTag(signature, of: bytes)
        case .pair(let key): return key.verifies(signature, over: bytes)
        }
    }

    package func verifies(_ signature: [UInt8], over bytes: UnsafeRawBufferPointer) -> Bool {
        signature.withUnsafeBytes { verifies($0, over: bytes) }
    }

    /// The signature over the bytes: 32 of them for HS256, else 64.
    package func sign(_ bytes: [UInt8]) -> [UInt8] {
        switch kind {
        case .shared(let hmac): return hmac.tag(bytes)
        case .pair(let key): return key.sign(bytes)
        }
    }
}
