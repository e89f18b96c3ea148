import NIOCore
import NIOPosix

@testable import HTTPServer

/// A client that says bytes and waits for bytes: it knows nothing of HTTP.
final class TestClient: Sendable {
    struct Ended: Error {
        var got: [UInt8]
    }

    private let channel: any Channel
    private let inbox: Inbox

    static func connect(port: Int, on group: MultiThreadedEventLoopGroup) async throws -> TestClient {
        let loop = group.any()
        let inbox = Inbox(loop: loop)
        let channel = try await ClientBootstrap(group: loop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(inbox)
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return TestClient(channel: channel, inbox: inbox)
    }

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    func send(_ bytes: some Collection<UInt8> & Sendable) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    /// Our side is said to be at its end; the other stays open.
    func endInput() async throws {
        try await channel.close(mode: .output).get()
    }

    /// Waits until that many responses are here and takes them.
    func responses(_ count: Int) async throws -> [SeenResponse] {
        try await inbox.responses(count).get()
    }

    /// Waits until the server has closed, and returns what it still said.
    func rest() async throws -> [SeenResponse] {
        try SeenResponse.all(try await inbox.untilEnd().get())
    }

    /// Waits until the server has closed, and returns the bytes it still said.
    func restBytes() async throws -> [UInt8] {
        try await inbox.untilEnd().get()
    }

    func close() async {
        try? await channel.close().get()
    }
}

/// Gathers what comes. `@unchecked Sendable`: state is touched on the channel's loop only.
private final class Inbox: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer

    private let loop: any EventLoop
    private var bytes: [UInt8] = []
    private var hasEnded = false
    private var waiters: [() -> Bool] = []

    init(loop: any EventLoop) {
        self.loop = loop
    }

    func responses(_ count: Int) -> EventLoopFuture<[SeenResponse]> {
        let promise = loop.makePromise(of: [SeenResponse].self)
        return wait(promise) { [self] in
            do {
                var rest = bytes[...]
                var seen: [SeenResponse] = []
                while seen.count < count, let one = try SeenResponse.first(&rest) { seen.append(one) }
                guard seen.count == count else {
                    if hasEnded { promise.fail(TestClient.Ended(got: bytes)) }
                    return hasEnded
                }
                bytes = Array(rest)
                promise.succeed(seen)
            } catch {
                promise.fail(error)
            }
            return true
        }
    }

    func untilEnd() -> EventLoopFuture<[UInt8]> {
        let promise = loop.makePromise(of: [UInt8].self)
        return wait(promise) { [self] in
            if hasEnded { promise.succeed(bytes) }
            return hasEnded
        }
    }

    private func wait<Value>(
        _ promise: EventLoopPromise<Value>, _ isDone: @escaping @Sendable () -> Bool
    ) -> EventLoopFuture<Value> {
        loop.execute { [self] in
            if !isDone() { waiters.append(isDone) }
        }
        return promise.futureResult
    }

    private func look() {
        waiters.removeAll { $0() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        look()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            hasEnded = true
            look()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        hasEnded = true
        look()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
