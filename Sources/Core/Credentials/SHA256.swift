import CCrypto

/// The SHA-256 digest (FIPS 180-4) of the bytes: 32 bytes.
package func sha256(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Int(HONGBAO_SHA256_BYTES)) { digest, count in
        bytes.withUnsafeBytes { hongbao_sha256($0.baseAddress, $0.count, digest.baseAddress) }
        count = Int(HONGBAO_SHA256_BYTES)
    }
}
