/// What a port with TLS is made of, all in PEM.
package struct TLSFiles: Sendable, Equatable {
    /// The certificate, and behind it those that lead to one that clients trust.
    package var certificates: String
    /// The certificate's private key, unencrypted.
    package var key: String
    /// Who signs the certificates that clients have to show; nil asks for none.
    package var clientAuthorities: String?

    package init(certificates: String, key: String, clientAuthorities: String? = nil) {
        self.certificates = certificates
        self.key = key
        self.clientAuthorities = clientAuthorities
    }

    package var all: [String] { [certificates, key] + (clientAuthorities.map { [$0] } ?? []) }
}

/// Why a port cannot speak TLS. Names the file, never quotes it.
package struct TLSFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Empty where it is about all of them.
    package var path: String
    package var reason: String

    package var description: String { path.isEmpty ? reason : "\(path): \(reason)" }

    /// The programs are built without TLS unless the package's trait `TLS` is chosen.
    package static let notBuiltIn = TLSFault(
        path: "",
        reason: "this program was built without TLS: build it with `swift build --traits TLS`, or leave "
            + "TLS to a proxy in front of it")
}
