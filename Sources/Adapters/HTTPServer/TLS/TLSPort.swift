import NIOCore
import Synchronization

#if TLS
    import NIOSSL
    import NIOTLS
#endif

/// TLS 1.2 and 1.3 for the connections of one port (RFC 8446, RFC 5246; BoringSSL through swift-nio-ssl),
/// optionally with certificates of the clients' own (mutual TLS). Compiled with the package trait `TLS`
/// alone.
///
/// The files can be read again while connections are open: those that follow are met with what was read.
package final class TLSPort: Sendable {
    private let files: TLSFiles

    #if TLS
        private let current: Mutex<NIOSSLContext>
        /// How long a closing connection waits for its peer's goodbye: it has had the linger time before.
        private static let goodbye = TimeAmount.seconds(1)

        /// Reads the files.
        package init(_ files: TLSFiles) throws(TLSFault) {
            self.files = files
            current = Mutex(try Self.context(files))
        }

        /// Reads the files anew. What cannot be used changes nothing.
        package func reload() throws(TLSFault) {
            let context = try Self.context(files)
            current.withLock { $0 = context }
        }

        /// On the channel's loop, before any other handler is added.
        func addHandler(to channel: any Channel) throws {
            let handler = NIOSSLServerHandler(context: current.withLock { $0 })
            try channel.pipeline.syncOperations.addHandler(handler)
        }

        /// Whether an event says that the handshake is over, and well.
        static func isSecured(_ event: Any) -> Bool {
            if let event = event as? TLSUserEvent, case .handshakeCompleted = event { return true }
            return false
        }

        private static func context(_ files: TLSFiles) throws(TLSFault) -> NIOSSLContext {
            let chain = try certificates(files.certificates)
            let key: NIOSSLPrivateKey
            do {
                key = try NIOSSLPrivateKey(file: files.key, format: .pem)
            } catch {
                throw TLSFault(path: files.key, reason: "no unencrypted private key in PEM can be read")
            }
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            configuration.shutdownTimeout = goodbye
            if let authorities = files.clientAuthorities {
                configuration.trustRoots = .certificates(try certificates(authorities))
                // A client has no host name to be verified; without a certificate it is refused.
                configuration.certificateVerification = .noHostnameVerification
            }
            do {
                return try NIOSSLContext(configuration: configuration)
            } catch {
                throw TLSFault(path: files.key, reason: "is not the key of \(files.certificates): \(error)")
            }
        }

        private static func certificates(_ path: String) throws(TLSFault) -> [NIOSSLCertificate] {
            do {
                let certificates = try NIOSSLCertificate.fromPEMFile(path)
                if !certificates.isEmpty { return certificates }
            } catch {
                // Said below: the library's own words tell nothing that helps.
            }
            throw TLSFault(path: path, reason: "no certificates in PEM can be read")
        }
    #else
        package init(_ files: TLSFiles) throws(TLSFault) {
            throw .notBuiltIn
        }

        package func reload() throws(TLSFault) {
            throw .notBuiltIn
        }

        func addHandler(to channel: any Channel) throws {
            throw TLSFault.notBuiltIn
        }

        static func isSecured(_ event: Any) -> Bool { false }
    #endif
}
