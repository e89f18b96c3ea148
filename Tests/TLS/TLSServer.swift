#if TLS
    import HTTPServer
    import Logging
    import NIOCore
    import NIOPosix
    import Synchronization

    /// A server with TLS on a port of this machine, and curl as its client.
    final class TLSServer: Sendable {
        /// Answers with the method, the path and the length of the body.
        private final class Echo: HTTPService {
            let count: Counter

            init(_ count: Counter) {
                self.count = count
            }

            func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
                count.value.add(1, ordering: .relaxed)
                responder.respond(.text("\(request.method) \(request.path) \(request.body.readableBytes)"))
            }
        }

        /// Requests that reached the service.
        final class Counter: Sendable {
            let value = Atomic(0)
        }

        let port: Int
        let tls: TLSPort
        let served = Counter()
        private let server: HTTPServer
        private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

        init(_ files: TLSFiles) async throws {
            tls = try TLSPort(files)
            var options = HTTPServerOptions(port: 0)
            options.tls = tls
            options.maxBodyBytes = 1 << 20
            let quiet = Logger(label: "tls") { _ in SwiftLogNoOpLogHandler() }
            server = HTTPServer(options: options, logger: quiet) { [served] _, _ in Echo(served) }
            port = try await server.start(on: group)
        }

        /// Runs the body, and stops the server after it.
        static func use<Value>(_ files: TLSFiles, _ body: (TLSServer) async throws -> Value) async throws
            -> Value
        {
            let server = try await TLSServer(files)
            do {
                let value = try await body(server)
                await server.stop()
                return value
            } catch {
                await server.stop()
                throw error
            }
        }

        func stop() async {
            await server.drain(deadline: .seconds(5))
            try? await group.shutdownGracefully()
        }

        /// curl's verdict on a request; 0 and the body where it was answered.
        func curl(_ folder: CertificateFolder, _ arguments: String, path: String = "/a") throws
            -> Program.Done
        {
            let words =
                "-sS --max-time 20 --noproxy * --resolve localhost:\(port):127.0.0.1 \(arguments) "
                + "https://localhost:\(port)\(path)"
            return try Program.run("/usr/bin/curl", words.split(separator: " "), in: folder.path)
        }
    }
#endif
