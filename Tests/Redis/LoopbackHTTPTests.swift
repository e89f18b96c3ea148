import NIOCore
import NIOPosix
import Testing

@testable import Stack

@Suite("Stack: HTTP to our own ports")
struct LoopbackHTTPTests {
    @Test("answers are read by their length or to their end")
    func answers() throws {
        func parse(_ text: String, ended: Bool = false) throws -> LoopbackHTTP.Response? {
            try LoopbackHTTP.parse(Array(text.utf8), ended: ended)
        }
        let whole = try parse("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\nhi!")
        #expect(whole?.status == 200 && whole?.text == "hi" && whole?.header("a") == "b")
        #expect(try parse("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh") == nil)
        #expect(try parse("HTTP/1.1 200 OK\r\nCont") == nil)
        #expect(try parse("HTTP/1.1 204\r\n\r\nabc") == nil)
        #expect(try parse("HTTP/1.1 204\r\n\r\nabc", ended: true)?.text == "abc")
        #expect(throws: StackFailure.self) { try parse("SSH-2.0\r\n\r\n") }
        #expect(throws: StackFailure.self) {
            try parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        }
    }

    @Test("a request reaches the server whole, and its answer comes back")
    func roundTrip() throws {
        let server = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Echo())
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
        defer { try? server.close().wait() }
        let port = try #require(server.localAddress?.port)
        let answer = try LoopbackHTTP.post(
            port: port, "/v1/x?y=1", headers: ["x-api-key": "k"], body: Array("body".utf8),
            within: .seconds(30))
        #expect(answer.status == 202)
        let head = "POST /v1/x?y=1 HTTP/1.1\r\nhost: 127.0.0.1:\(port)\r\nconnection: close\r\n"
        #expect(answer.text == head + "x-api-key: k\r\ncontent-length: 4\r\n\r\nbody")
        try Readiness(of: nil, within: .seconds(30)).port(port)
    }

    @Test("nobody listens, or nobody answers")
    func failures() throws {
        #expect(throws: StackFailure.self) { try LoopbackHTTP.get(port: try FreePort.pick(), "/") }
        #expect(throws: StackFailure.self) { try LoopbackHTTP.get(port: 0, "/") }
        let silent = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).wait()
        defer { try? silent.close().wait() }
        let port = try #require(silent.localAddress?.port)
        #expect(throws: StackFailure.self) {
            try LoopbackHTTP.get(port: port, "/", within: .milliseconds(20))
        }
    }
}

/// Answers 202 with the bytes of the request, once its body has come.
private final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var received = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
        guard String(buffer: received).hasSuffix("body") else { return }
        var answer = ByteBuffer(
            string: "HTTP/1.1 202 Accepted\r\ncontent-length: \(received.readableBytes)\r\n\r\n")
        answer.writeImmutableBuffer(received)
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
    }
}
