import CCrypto

/// One key of libcrypto for ES256 or EdDSA (Ed25519): public to verify, or private to sign and verify.
///
/// Unchecked: the handle is set once; libcrypto reads a key without changing it when verifying and
/// signing, guards what it caches in it with its own lock, and each call here has its own context.
final class SignatureKey: @unchecked Sendable {
    private let handle: OpaquePointer

    /// `pem` is unencrypted; its kind must fit the algorithm.
    init(pem: Secret, algorithm: TicketAlgorithm, isPrivate: Bool) throws(KeyFault) {
        let read = pem.bytes.withUnsafeBytes {
            hongbao_pkey_read_pem($0.baseAddress, $0.count, isPrivate ? 1 : 0)
        }
        guard let handle = read else { throw KeyFault(reason: .unreadablePEM) }
        let fits: Bool
        switch algorithm {
        case .es256: fits = hongbao_pkey_is_p256(handle) == 1
        case .edDSA: fits = hongbao_pkey_is_ed25519(handle) == 1
        case .hs256: fits = false
        }
        guard fits else {
            EVP_PKEY_free(handle)
            throw KeyFault(reason: .wrongKind)
        }
        self.handle = handle
    }

    deinit {
        EVP_PKEY_free(handle)
    }

    /// Whether `signature` (64 bytes; r and s for ES256) is this key's over the bytes.
    func verifies(_ signature: UnsafeRawBufferPointer, over bytes: UnsafeRawBufferPointer) -> Bool {
        guard signature.count == Int(HONGBAO_SIGNATURE_BYTES) else { return false }
        return hongbao_verify(handle, signature.baseAddress, bytes.baseAddress, bytes.count) == 1
    }

    /// The signature over the bytes, 64 bytes. ES256 draws its nonce from libcrypto's generator.
    func sign(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(HONGBAO_SIGNATURE_BYTES)) { signature, count in
            let signed = bytes.withUnsafeBytes {
                hongbao_sign(handle, signature.baseAddress, $0.baseAddress, $0.count)
            }
            precondition(signed == 1, "libcrypto could not sign with a key that it had accepted")
            count = Int(HONGBAO_SIGNATURE_BYTES)
        }
    }
}
