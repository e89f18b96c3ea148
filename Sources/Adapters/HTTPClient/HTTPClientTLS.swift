/// Whom to trust and who to be on an https connection. PEM files, read by libcurl at each handshake, so
/// that a renewed file counts from the next connection on.
///
/// Connections are shared among requests with the same authorities and certificate only. Host name and chain
/// are always checked.
package struct HTTPClientTLS: Sendable, Hashable {
    /// Authorities to trust instead of the system's; nil: the system's.
    package var authorities: String?
    /// Our certificate, with its chain, and its key, for servers that ask for one.
    package var certificate: String?
    package var key: String?

    package init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
    }
}
