import Catalog
import Credentials
import NIOCore
import NIOHTTP1
import NIOPosix
import Wire

/// The outside world on its event loop: the port it listens on, and questions from other threads.
///
/// Unchecked: the world itself is made, touched and dropped on `loop` only; every method here hops there.
final class WorldHost: @unchecked Sendable {
    private let loop: any EventLoop
    private let catalog: Catalog
    private let verifiers: [WebhookVerifier]
    private let seed: UInt64
    private var world: OutsideWorld?
    private var listener: (any Channel)?

    init(catalog: Catalog, verifiers: [WebhookVerifier], seed: UInt64, loop: any EventLoop) {
        self.catalog = catalog
        self.verifiers = verifiers
        self.seed = seed
        self.loop = loop
    }

    /// - Returns: the port that games and role services listen on.
    func start(host: String, port: Int) async throws -> Int {
        try await loop.submit { [self] in
            world = OutsideWorld(catalog: catalog, verifiers: verifiers, seed: seed, loop: loop)
        }.get()
        let listener = try await ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let world else { throw ChannelError.ioOnClosedChannel }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(WorldConnection(world))
                }
            }
            .bind(host: host, port: port).get()
        try await loop.submit { [self] in self.listener = listener }.get()
        return listener.localAddress?.port ?? 0
    }

    func stop() async {
        let listener = try? await loop.submit { [self] in self.listener }.get()
        try? await listener?.close()
    }

    // MARK: - From the admin port

    func report() async throws -> [UInt8] {
        try await ask { WorldReport($0).encode() }
    }

    /// Every order that a game was asked for, one JSON object a line.
    func grants() async throws -> [UInt8] {
        try await ask { world in
            var lines: [UInt8] = []
            for desk in world.desks {
                for (order, entry) in desk.book.entries {
                    var json = JSONWriter(reserving: 256)
                    GrantLine(
                        order: order, game: desk.game.id, gift: world.catalog.gifts[Int(entry.gift)].id,
                        user: entry.user, requests: entry.requests, count: entry.grants,
                        rejections: entry.rejections, grantedAtNs: entry.grantedAtNs
                    ).write(into: &json)
                    lines += json.bytes
                    lines.append(UInt8(ascii: "\n"))
                }
            }
            return lines
        }
    }

    func faults(of game: UInt8) async throws -> [UInt8] {
        try await ask { $0.faults(of: game) }
    }

    /// - Throws: `JSONError` where the change is not one.
    func changeFaults(of game: UInt8, _ body: [UInt8]) async throws -> [UInt8] {
        try await ask { world in
            try world.changeFaults(of: game, body)
            return world.faults(of: game)
        }
    }

    private func ask(_ question: @escaping @Sendable (OutsideWorld) throws -> [UInt8]) async throws -> [UInt8]
    {
        try await loop.submit { [self] in
            guard let world else { throw ChannelError.ioOnClosedChannel }
            return try question(world)
        }.get()
    }
}
