import NIOCore
import NIOEmbedded

@testable import HTTPServer

/// Holds what it is given until the test answers, or answers at once when told how.
final class RecordingService: HTTPService {
    struct Held {
        /// Counts all requests from 0.
        var number: Int
        var request: HTTPRequest
        var responder: HTTPResponder
    }

    var held: [Held] = []
    var count = 0
    var atOnce: ((HTTPRequest) -> HTTPResponse?)?

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        count += 1
        if let answer = atOnce?(request) {
            responder.respond(answer)
        } else {
            held.append(Held(number: count - 1, request: request, responder: responder))
        }
    }

    /// Answers one held request with its path as the body.
    func echo(_ index: Int) {
        let one = held[index]
        one.responder.respond(.text(one.request.path))
    }
}

/// One connection without a socket: bytes in, bytes out, time moved by hand.
final class ServerHarness {
    let loop = EmbeddedEventLoop()
    let channel: EmbeddedChannel
    let shared: ServerLoop
    let service = RecordingService()

    init(maxConnections: Int = 10, _ change: (inout HTTPServerOptions) -> Void = { _ in }) throws {
        var options = HTTPServerOptions(port: 0)
        options.sweepInterval = .seconds(1)
        change(&options)
        shared = ServerLoop(
            loop: loop, options: options, maxConnections: maxConnections,
            meters: ServerMeters(server: "test"),
            service: service, unixS: { 784_111_777 })
        channel = EmbeddedChannel(loop: loop)
        try HTTPServer.addHandler(to: channel, shared)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    }

    func send(_ text: String) {
        send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) {
        // Decoder errors have been answered by the connection; they need no second report.
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        loop.run()
    }

    func sweep(_ count: Int = 1) {
        loop.advanceTime(by: .seconds(Int64(count)))
    }

    /// What has been sent since the last call.
    func output() -> [UInt8] {
        loop.run()
        var bytes: [UInt8] = []
        while let buffer = try? channel.readOutbound(as: ByteBuffer.self) {
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        return bytes
    }

    /// The answers since the last call.
    func answers(heads: Set<Int> = []) throws -> [SeenResponse] {
        try SeenResponse.all(output(), heads: heads)
    }

    func answer() throws -> SeenResponse? {
        let all = try answers()
        guard all.count <= 1 else { throw SeenResponse.Malformed(reason: "\(all.count) answers") }
        return all.first
    }

    var isOpen: Bool { channel.isActive }
}
