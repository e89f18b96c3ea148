#if TLS
    import Foundation
    import HTTPServer
    import NIOCore
    import Synchronization
    import Testing

    @Suite("TLS on a port")
    struct TLSTests {
        @Test("a request and its answer over each version", arguments: ["1.2", "1.3"])
        func versions(_ version: String) async throws {
            let folder = try CertificateFolder.usual()
            try await TLSServer.use(folder.files()) { server in
                let done = try server.curl(folder, "--cacert ca.pem --tlsv\(version) --tls-max \(version)")
                #expect(done.code == 0 && done.output == "get /a 0", "\(done)")
            }
        }

        @Test("a connection is kept, and a body of many records comes whole")
        func kept() async throws {
            let folder = try CertificateFolder.usual()
            try Data(count: 900_000).write(to: URL(fileURLWithPath: folder.file("body")))
            try await TLSServer.use(folder.files()) { server in
                let again = "https://localhost:\(server.port)/b"
                let done = try server.curl(
                    folder, "--cacert ca.pem --data-binary @body -w ,%{num_connects} \(again)", path: "/a")
                #expect(done.code == 0 && done.output == "post /b 900000,1post /a 900000,0", "\(done)")
            }
        }

        @Test("promise 10: TLS 1.1 is refused")
        func oldVersion() async throws {
            let folder = try CertificateFolder.usual()
            try await TLSServer.use(folder.files()) { server in
                let done = try Program.run(
                    "/usr/bin/openssl",
                    "s_client -connect 127.0.0.1:\(server.port) -tls1_1 -cipher DEFAULT@SECLEVEL=0"
                        .split(separator: " "), input: "GET / HTTP/1.1\r\nhost: a\r\n\r\n")
                #expect(done.errors.contains("alert protocol version"), "\(done)")
                #expect(server.served.value.load(ordering: .relaxed) == 0)
            }
        }

        @Test("a client that trusts another authority goes away; one without TLS is not answered")
        func strangers() async throws {
            let folder = try CertificateFolder.usual()
            try folder.makeAuthority("other")
            try await TLSServer.use(folder.files()) { server in
                #expect(try server.curl(folder, "--cacert other.pem").code == 60)
                let plain = try Program.run(
                    "/usr/bin/curl",
                    "-sS --max-time 20 --noproxy * http://127.0.0.1:\(server.port)/".split(separator: " "))
                #expect(plain.code != 0 && plain.output.isEmpty)
                #expect(server.served.value.load(ordering: .relaxed) == 0)
            }
        }

        @Test(
            "promise 10: with mutual TLS a client without a certificate, or with another's, gets nothing",
            arguments: ["1.2", "1.3"])
        func mutual(_ version: String) async throws {
            let folder = try CertificateFolder.usual()
            for authority in ["partners", "others"] { try folder.makeAuthority(authority) }
            try folder.make("partner", by: "partners")
            try folder.make("other", by: "others")
            try await TLSServer.use(folder.files(clients: "partners")) { server in
                let usual = "--cacert ca.pem --tlsv\(version) --tls-max \(version)"
                for arguments in [usual, usual + " --cert other.pem --key other.key"] {
                    let done = try server.curl(folder, arguments)
                    #expect(done.code != 0 && done.output.isEmpty, "\(done)")
                }
                #expect(server.served.value.load(ordering: .relaxed) == 0)
                let done = try server.curl(folder, usual + " --cert partner.pem --key partner.key")
                #expect(done.code == 0 && done.output == "get /a 0", "\(done)")
            }
        }

        @Test("files that have been exchanged count for the next connection; bad ones change nothing")
        func exchange() async throws {
            let folder = try CertificateFolder.usual()
            try folder.makeAuthority("new")
            try folder.make("next", by: "new")
            try await TLSServer.use(folder.files()) { server in
                #expect(try server.curl(folder, "--cacert ca.pem").code == 0)
                try Data("nothing".utf8).write(to: URL(fileURLWithPath: folder.file("server.pem")))
                #expect(throws: TLSFault.self) { try server.tls.reload() }
                #expect(try server.curl(folder, "--cacert ca.pem").code == 0)
                try folder.replace("server", with: "next")
                try server.tls.reload()
                #expect(try server.curl(folder, "--cacert new.pem").code == 0)
                #expect(try server.curl(folder, "--cacert ca.pem").code == 60)
            }
        }

        @Test("what cannot be used is refused at the start, with its file")
        func faults() throws {
            let folder = try CertificateFolder.usual()
            try folder.make("second", by: "ca")
            let cases: [(TLSFiles, String)] = [
                (TLSFiles(certificates: folder.file("none"), key: folder.file("server.key")), "none"),
                (
                    TLSFiles(certificates: folder.file("server.key"), key: folder.file("server.key")),
                    "server.key"
                ),
                (
                    TLSFiles(certificates: folder.file("server.pem"), key: folder.file("server.pem")),
                    "server.pem"
                ),
                (
                    TLSFiles(certificates: folder.file("server.pem"), key: folder.file("second.key")),
                    "second.key"
                ),
                (
                    TLSFiles(
                        certificates: folder.file("server.pem"), key: folder.file("server.key"),
                        clientAuthorities: folder.file("server.key")), "server.key"
                ),
            ]
            for (files, named) in cases {
                let fault = #expect(throws: TLSFault.self) { _ = try TLSPort(files) }
                #expect(fault?.path.hasSuffix(named) == true, "\(String(describing: fault))")
            }
        }
    }
#endif
