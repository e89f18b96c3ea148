import NIOCore
import NIOHTTP1
import NIOPosix

/// A port that games listen on, and its connections: it can be closed for a while, as if nobody were there.
///
/// Unchecked: after `init` everything is touched on `loop` only, which every method asserts.
final class GamePort: @unchecked Sendable {
    /// Before a port that is not free yet is tried again.
    private static let pause = TimeAmount.milliseconds(20)

    private let loop: any EventLoop
    private let host: String
    private let world: OutsideWorld
    private var port: Int
    private var listener: (any Channel)?
    private var connections: [ObjectIdentifier: any Channel] = [:]
    private var isStopped = false
    /// Counts closings, so that a later one outlives an earlier one's end.
    private var closings = 0

    /// - Parameter port: 0: a free one, which it keeps.
    init(host: String, port: Int, world: OutsideWorld, loop: any EventLoop) {
        self.host = host
        self.port = port
        self.world = world
        self.loop = loop
    }

    /// - Returns: the port.
    func open() -> EventLoopFuture<Int> {
        loop.assertInEventLoop()
        return ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel) }
            }
            .bind(host: host, port: port)
            .map { [self] listener in
                self.listener = listener
                port = listener.localAddress?.port ?? 0
                return port
            }
    }

    private func accept(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
        try channel.pipeline.syncOperations.addHandler(WorldConnection(world))
        connections[ObjectIdentifier(channel)] = channel
        channel.closeFuture.whenComplete { [self] _ in connections[ObjectIdentifier(channel)] = nil }
    }

    /// Connections are refused for so long, and those that are open are closed at once.
    func refuse(forMs ms: Int64) {
        loop.assertInEventLoop()
        closings += 1
        let mine = closings
        listener?.close(promise: nil)
        listener = nil
        for channel in connections.values { channel.close(promise: nil) }
        loop.assumeIsolated().scheduleTask(in: .milliseconds(ms)) { [self] in
            if mine == closings { reopen() }
        }
    }

    private func reopen() {
        guard listener == nil, !isStopped else { return }
        open().whenFailure { [self] _ in
            loop.assumeIsolated().scheduleTask(in: Self.pause) { [self] in reopen() }
        }
    }

    /// Nobody is let in any more.
    func close() -> EventLoopFuture<Void> {
        loop.assertInEventLoop()
        isStopped = true
        let closing = listener?.close() ?? loop.makeSucceededVoidFuture()
        listener = nil
        return closing
    }
}
