import CCrypto

/// What a PEM file of certificates says before it is used: read by libcrypto, as libcurl will.
package struct CertificateFacts: Sendable, Equatable {
    /// Unix seconds, of the first certificate in the file.
    package let validFromS: Int64
    package let validToS: Int64
    /// Certificates in the file.
    package let count: Int

    /// - Throws: `KeyFault.Reason.unreadableCertificate`, or `wrongKind` where `key`, the bytes of its
    ///   private key's file, is another certificate's, or `unreadablePEM` where that cannot be read.
    package init(pem: [UInt8], key: [UInt8]? = nil) throws(KeyFault) {
        guard let certificate = pem.withUnsafeBytes({ hongbao_x509_read_pem($0.baseAddress, $0.count) })
        else { throw KeyFault(reason: .unreadableCertificate) }
        defer { X509_free(certificate) }
        validFromS = hongbao_x509_time(certificate, 0)
        validToS = hongbao_x509_time(certificate, 1)
        count = pem.withUnsafeBytes { Int(hongbao_x509_count_pem($0.baseAddress, $0.count)) }
        guard let key else { return }
        guard let own = key.withUnsafeBytes({ hongbao_pkey_read_pem($0.baseAddress, $0.count, 1) }) else {
            throw KeyFault(reason: .unreadablePEM)
        }
        defer { EVP_PKEY_free(own) }
        guard hongbao_x509_is_of(certificate, own) == 1 else { throw KeyFault(reason: .wrongKind) }
    }
}
