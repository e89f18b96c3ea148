import Logging
import NIOCore
import NIOPosix
import Testing

@testable import HTTPServer

/// Answers `/later/<n>` when it has been asked for as many as `batch`, in reverse order; everything else
/// at once.
private final class ReversingService: HTTPService {
    private var held: [(HTTPRequest, HTTPResponder)] = []
    private let batch: Int

    init(batch: Int) {
        self.batch = batch
    }

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        guard request.path.hasPrefix("/later/") else {
            responder.respond(.text(request.path + String(buffer: request.body)))
            return
        }
        held.append((request, responder))
        guard held.count == batch else { return }
        for (request, responder) in held.reversed() { responder.respond(.text(request.path)) }
        held = []
    }
}

/// Hands each request to the test, which answers from its own task.
private final class StreamingService: HTTPService {
    private let requests: AsyncStream<HTTPResponder>.Continuation

    init(_ requests: AsyncStream<HTTPResponder>.Continuation) {
        self.requests = requests
    }

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        requests.yield(responder)
    }
}

@Suite("Sockets")
struct SocketTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func serve(
        loops: Int = 2, _ change: (inout HTTPServerOptions) -> Void = { _ in },
        makeService: @escaping @Sendable (any EventLoop, Int) -> any HTTPService,
        _ body: (HTTPServer, Int, MultiThreadedEventLoopGroup) async throws -> Void
    ) async throws {
        var options = HTTPServerOptions(port: 0)
        options.sweepInterval = .milliseconds(20)
        change(&options)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        let server = HTTPServer(options: options, logger: quiet, makeService: makeService)
        let port = try await server.start(on: group)
        do {
            try await body(server, port, group)
        } catch {
            await server.drain(deadline: .milliseconds(1))
            try await group.shutdownGracefully()
            throw error
        }
        await server.drain(deadline: .milliseconds(1))
        try await group.shutdownGracefully()
    }

    @Test("pipelined requests answered in reverse come back in order")
    func pipelining() async throws {
        try await Self.serve(makeService: { _, _ in ReversingService(batch: 16) }) { _, port, group in
            let client = try await TestClient.connect(port: port, on: group)
            try await client.send((0..<32).map { "GET /later/\($0) HTTP/1.1\r\nhost: a\r\n\r\n" }.joined())
            let answers = try await client.responses(32)
            #expect(answers.map(\.text) == (0..<32).map { "/later/\($0)" })
            await client.close()
        }
    }

    @Test("many connections over the loops, each kept alive")
    func keepAlive() async throws {
        try await Self.serve(makeService: { _, _ in ReversingService(batch: 1) }) { _, port, group in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for number in 0..<20 {
                    tasks.addTask {
                        let client = try await TestClient.connect(port: port, on: group)
                        for round in 0..<20 {
                            let path = "/\(number)/\(round)"
                            try await client.send(
                                "POST \(path) HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n+++")
                            #expect(try await client.responses(1).first?.text == path + "+++")
                        }
                        await client.close()
                    }
                }
                try await tasks.waitForAll()
            }
        }
    }

    @Test("a client that has shut its side still gets its answers, then the end")
    func halfClosed() async throws {
        try await Self.serve(makeService: { _, _ in ReversingService(batch: 2) }) { _, port, group in
            let client = try await TestClient.connect(port: port, on: group)
            try await client.send(
                "GET /later/1 HTTP/1.1\r\nhost: a\r\n\r\nGET /later/2 HTTP/1.1\r\nhost: a\r\n\r\n")
            try await client.endInput()
            #expect(try await client.rest().map(\.text) == ["/later/1", "/later/2"])
        }
    }

    @Test("413 reaches a client that is still sending")
    func refusalWhileSending() async throws {
        func configure(_ options: inout HTTPServerOptions) {
            options.maxBodyBytes = 1_000
            options.lingerTimeout = .seconds(60)
        }
        try await Self.serve(configure, makeService: { _, _ in ReversingService(batch: 1) }) {
            _, port, group in
            let client = try await TestClient.connect(port: port, on: group)
            try await client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4000000\r\n\r\n")
            for _ in 0..<20 { try await client.send(Array(repeating: UInt8(ascii: "x"), count: 100_000)) }
            #expect(try await client.rest().map(\.status) == [413])
            await client.close()
        }
    }

    @Test("a large answer arrives whole, also at a client that has shut its side")
    func largeAnswer() async throws {
        let large = Array(repeating: UInt8(ascii: "x"), count: 8 << 20)
        final class Large: HTTPService {
            let bytes: [UInt8]
            init(_ bytes: [UInt8]) { self.bytes = bytes }
            func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
                responder.respond(HTTPResponse(status: 200, body: .bytes(bytes)))
            }
        }
        try await Self.serve(makeService: { _, _ in Large(large) }) { _, port, group in
            let client = try await TestClient.connect(port: port, on: group)
            try await client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            try await client.endInput()
            #expect(try await client.rest().map(\.body.count) == [large.count])
        }
    }

    @Test(
        "a drain accepts no more, answers what has begun, and returns when all is closed"
    )
    func drain() async throws {
        let (requests, continuation) = AsyncStream.makeStream(of: HTTPResponder.self)
        try await Self.serve(loops: 1, makeService: { _, _ in StreamingService(continuation) }) {
            server, port, group in
            let busy = try await TestClient.connect(port: port, on: group)
            let idle = try await TestClient.connect(port: port, on: group)
            try await busy.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            var arrived = requests.makeAsyncIterator()
            let responder = try #require(await arrived.next())
            async let drained: Void = server.drain(deadline: .seconds(60))
            // The idle one is closed although the busy one is not done.
            #expect(try await idle.rest().isEmpty)
            await #expect(throws: (any Error).self) {
                _ = try await TestClient.connect(port: port, on: group)
            }
            responder.respond(.text("done"))
            let answers = try await busy.rest()
            #expect(answers.map(\.text) == ["done"])
            #expect(answers.first?["connection"] == "close")
            await busy.close()
            await idle.close()
            await drained
        }
    }

    @Test("what is not answered by the drain's deadline is cut off")
    func drainDeadline() async throws {
        let (requests, continuation) = AsyncStream.makeStream(of: HTTPResponder.self)
        try await Self.serve(makeService: { _, _ in StreamingService(continuation) }) { server, port, group in
            let client = try await TestClient.connect(port: port, on: group)
            try await client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            var arrived = requests.makeAsyncIterator()
            let responder = try #require(await arrived.next())
            await server.drain(deadline: .milliseconds(50))
            #expect(try await client.rest().isEmpty)
            responder.respond(.text("too late"))
        }
    }

    @Test("an answer from another thread finds its way")
    func otherThread() async throws {
        let (requests, continuation) = AsyncStream.makeStream(of: HTTPResponder.self)
        try await Self.serve(makeService: { _, _ in StreamingService(continuation) }) { _, port, group in
            let client = try await TestClient.connect(port: port, on: group)
            try await client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            var arrived = requests.makeAsyncIterator()
            try #require(await arrived.next()).respond(.text("from a task"))
            #expect(try await client.responses(1).first?.text == "from a task")
            await client.close()
        }
    }
}
