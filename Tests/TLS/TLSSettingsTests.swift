#if TLS
    import Foundation
    import Logging
    import NIOCore
    import NIOEmbedded
    import Telemetry
    import Testing

    @testable import HTTPServer
    @testable import ServiceShell

    @Suite("TLS by settings, and its deadlines")
    struct TLSSettingsTests {
        @Test("certificates that change are taken without a restart")
        func watch() async throws {
            let folder = try CertificateFolder.usual()
            try folder.makeAuthority("new")
            try folder.make("next", by: "new")
            let context = try ServiceContext(
                name: "test",
                settings: Settings(
                    yaml: """
                        loops: 1
                        ports_file: ports.json
                        http: {tls: {certificate_file: server.pem, key_file: server.key}}
                        """, file: folder.file("settings.yaml")),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                registry: PrometheusRegistry())
            final class Silent: HTTPService {
                func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
                    responder.respond(.text("here"))
                }
            }
            let part = try context.httpServer { _, _ in Silent() }
            try context.settings.finish()
            let parts = (context.addedParts + [part]).map { part in Task { try await part.run() } }
            defer { for part in parts { part.cancel() } }
            let written = URL(fileURLWithPath: folder.file("ports.json"))
            while !FileManager.default.fileExists(atPath: written.path) { await Task.yield() }
            let ports = try JSONDecoder().decode([String: Int].self, from: Data(contentsOf: written))
            let port = try #require(ports["http"])
            func code(_ authority: String) throws -> Int32 {
                let words =
                    "-sS --max-time 20 --noproxy * --resolve localhost:\(port):127.0.0.1 "
                    + "--cacert \(authority).pem https://localhost:\(port)/"
                return try Program.run("/usr/bin/curl", words.split(separator: " "), in: folder.path).code
            }
            #expect(try code("ca") == 0)
            try folder.replace("server", with: "next")
            // The watch looks once a second; each question takes some milliseconds.
            var tries = 0
            while try code("new") != 0, tries < 2000 { tries += 1 }
            #expect(try code("new") == 0)
            #expect(context.readiness.checks.contains { $0.name == "http-tls" && $0.isReady })
        }

        @Test("a peer that does not finish its handshake is cut off")
        func slow() throws {
            let folder = try CertificateFolder.usual()
            var options = HTTPServerOptions(port: 0)
            options.sweepInterval = .seconds(1)
            options.requestTimeout = .seconds(3)
            options.tls = try TLSPort(folder.files())
            let loop = EmbeddedEventLoop()
            final class Nobody: HTTPService {
                func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {}
            }
            let shared = ServerLoop(
                loop: loop, options: options, maxConnections: 4, meters: ServerMeters(server: "test"),
                service: Nobody(), unixS: { 0 })
            let channel = EmbeddedChannel(loop: loop)
            try HTTPServer.addHandler(to: channel, shared)
            channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
            loop.advanceTime(by: .seconds(2))
            #expect(channel.isActive)
            loop.advanceTime(by: .seconds(3))
            #expect(!channel.isActive)
        }
    }
#endif
