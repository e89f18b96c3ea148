#if TLS
    import Foundation
    import HTTPServer

    /// Certificates made by openssl for one test, in a folder that is gone after it.
    final class CertificateFolder {
        let path: String

        init() throws {
            path = FileManager.default.temporaryDirectory.path + "/hongbao-tls-" + UUID().uuidString
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }

        func file(_ name: String) -> String { "\(path)/\(name)" }

        /// Makes `<name>.pem` and `<name>.key` of an authority that signs itself.
        func makeAuthority(_ name: String) throws {
            try openssl(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=\(name) "
                    + "-keyout \(name).key -out \(name).pem")
        }

        /// Makes `<name>.pem` and `<name>.key`, good for `localhost`, signed by an authority.
        func make(_ name: String, by authority: String) throws {
            try openssl(
                "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=\(name) "
                    + "-keyout \(name).key -out \(name).csr")
            try Data("subjectAltName=DNS:localhost\n".utf8).write(to: URL(fileURLWithPath: file("names")))
            try openssl(
                "x509 -req -in \(name).csr -CA \(authority).pem -CAkey \(authority).key -CAcreateserial "
                    + "-days 2 -extfile names -out \(name).pem")
        }

        /// An authority `ca` and a server's certificate by it.
        static func usual() throws -> CertificateFolder {
            let folder = try CertificateFolder()
            try folder.makeAuthority("ca")
            try folder.make("server", by: "ca")
            return folder
        }

        func files(_ name: String = "server", clients: String? = nil) -> TLSFiles {
            TLSFiles(
                certificates: file("\(name).pem"), key: file("\(name).key"),
                clientAuthorities: clients.map { file("\($0).pem") })
        }

        /// Puts the certificate and key of one name in the place of another's.
        func replace(_ name: String, with other: String) throws {
            for ending in ["key", "pem"] {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: file("\(other).\(ending)")))
                try bytes.write(to: URL(fileURLWithPath: file("\(name).\(ending)")), options: .atomic)
            }
        }

        private func openssl(_ arguments: String) throws {
            let done = try Program.run("/usr/bin/openssl", arguments.split(separator: " "), in: path)
            guard done.code == 0 else { throw Program.Failed(what: "openssl \(arguments): \(done.errors)") }
        }
    }
#endif
