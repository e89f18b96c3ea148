import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// An HTTP/1.1 server on a group's event loops: one listening socket, its connections dealt to the loops in
/// turn, one service a loop.
///
/// It is started once and drained once.
package final class HTTPServer: Sendable {
    private struct Running {
        var listener: any Channel
        var loops: [ServerLoop]
    }

    private let options: HTTPServerOptions
    private let logger: Logger
    private let makeService: @Sendable (any EventLoop, Int) -> any HTTPService
    private let running = Mutex<Running?>(nil)

    /// - Parameter makeService: makes the service of one loop, on that loop; also given the loop's index,
    ///   0 ..< the number of loops.
    package init(
        options: HTTPServerOptions, logger: Logger,
        makeService: @escaping @Sendable (any EventLoop, Int) -> any HTTPService
    ) {
        self.options = options
        self.logger = logger
        self.makeService = makeService
    }

    /// Makes the services and listens.
    ///
    /// - Returns: the port listened on.
    /// - Throws: what the socket says, usually that the address is in use.
    @discardableResult
    package func start(on group: MultiThreadedEventLoopGroup) async throws -> Int {
        let loops = Array(group.makeIterator())
        let share = max(1, options.maxConnections / loops.count)
        let meters = ServerMeters(server: options.name)
        var served: [ServerLoop] = []
        for (index, loop) in loops.enumerated() {
            let (options, makeService) = (options, makeService)
            served.append(
                try await loop.submit {
                    ServerLoop(
                        loop: loop, options: options, maxConnections: share, meters: meters,
                        service: makeService(loop, index), unixS: ServerLoop.coarseUnixS)
                }.get())
        }
        let listener: any Channel
        do {
            listener = try await bootstrap(group, served).bind(host: options.host, port: options.port).get()
        } catch {
            // Nothing will come to these loops: their sweeps end.
            for loop in served { _ = loop.drain() }
            throw error
        }
        running.withLock { $0 = Running(listener: listener, loops: served) }
        let port = listener.localAddress?.port ?? 0
        logger.info(
            "listening",
            metadata: ["server": "\(options.name)", "host": "\(options.host)", "port": "\(port)"])
        return port
    }

    private func bootstrap(_ group: MultiThreadedEventLoopGroup, _ served: [ServerLoop]) -> ServerBootstrap {
        let byLoop = Dictionary(uniqueKeysWithValues: served.map { (ObjectIdentifier($0.loop), $0) })
        let readBytes = max(4096, options.maxHeaderBytes)
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A half-closed client still gets the answers to what it has sent.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // One buffer a read, so that what is decoded ahead of the service is bounded by its size.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(
                    minimum: 1024, initial: min(4096, readBytes), maximum: readBytes)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // The map holds every loop of the group that the channel can be on.
                    try HTTPServer.addHandler(to: channel, byLoop[ObjectIdentifier(channel.eventLoop)]!)
                }
            }
    }

    /// The whole pipeline of a connection; on its loop.
    static func addHandler(to channel: any Channel, _ shared: ServerLoop) throws {
        try shared.options.tls?.addHandler(to: channel)
        try channel.pipeline.syncOperations.addHandler(HTTPConnection(shared: shared))
    }

    /// Stops listening, lets every connection finish what it has begun (the last answer says
    /// `connection: close`), closes idle ones, and cuts off what is left at the deadline. Returns when no
    /// connection is open.
    package func drain(deadline: Duration) async {
        guard let running = running.withLock({ $0 }) else { return }
        try? await running.listener.close().get()
        let drains = running.loops.map { $0.drain() }
        let nanoseconds =
            deadline.components.seconds * 1_000_000_000 + deadline.components.attoseconds / 1_000_000_000
        let guillotine = running.listener.eventLoop.scheduleTask(in: .nanoseconds(nanoseconds)) {
            [loops = running.loops] in
            for loop in loops { loop.abort() }
        }
        for drain in drains { try? await drain.get() }
        guillotine.cancel()
    }
}
