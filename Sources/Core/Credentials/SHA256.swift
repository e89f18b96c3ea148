import CCrypto

/// The SHA-256 digest (FIPS 180-4) of the bytes: 32 bytes.
package func sha256(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Int(HONGBAO_SHA256_BYTES)) { digest, count in
        bytes.withUnsafeBytes { hongbao_sha256($0.baseAddress, $0.count, digest.baseAddress) }
        count = Int(HONGBAO_SHA256_BYTES)
    }
}

/// The first 8 bytes of the SHA-256 digest as a number, big endian. Allocates nothing.
func sha256Start(of bytes: UnsafeRawBufferPointer) -> UInt64 {
    var digest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &digest) {
        hongbao_sha256(bytes.baseAddress, bytes.count, $0.baseAddress)
    }
    return UInt64(bigEndian: digest.0)
}
