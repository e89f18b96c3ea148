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
    /// One for all games, or one each.
    private var ports: [GamePort] = []
    private var hasOwnPorts = false

    init(catalog: Catalog, verifiers: [WebhookVerifier], seed: UInt64, loop: any EventLoop) {
        self.catalog = catalog
        self.verifiers = verifiers
        self.seed = seed
        self.loop = loop
    }

    /// All games on one port.
    ///
    /// - Returns: the port that games and role services listen on.
    func start(host: String, port: Int) async throws -> Int {
        try await start(host: host, ports: [port])[0]
    }

    /// Every game on a port of its own, so that it can refuse connections.
    ///
    /// - Parameter ports: by game slot.
    func start(host: String, ownPorts ports: [Int]) async throws {
        precondition(ports.count == catalog.games.count, "a port for each game")
        hasOwnPorts = true
        _ = try await start(host: host, ports: ports)
    }

    private func start(host: String, ports: [Int]) async throws -> [Int] {
        let opening = loop.flatSubmit { [self] in
            let world = OutsideWorld(catalog: catalog, verifiers: verifiers, seed: seed, loop: loop)
            self.world = world
            self.ports = ports.map { GamePort(host: host, port: $0, world: world, loop: loop) }
            return EventLoopFuture.whenAllSucceed(self.ports.map { $0.open() }, on: loop)
        }
        return try await opening.get()
    }

    func stop() async {
        let closing = loop.flatSubmit { [self] in
            EventLoopFuture.andAllComplete(ports.map { $0.close() }, on: loop)
        }
        try? await closing.get()
    }

    // MARK: - From the admin port

    func report() async throws -> [UInt8] {
        try await ask { WorldReport($0).encode() }
    }

    /// Looks at the world itself, on its loop.
    func look<Value: Sendable>(
        _ look: @escaping @Sendable (OutsideWorld) throws -> Value
    ) async throws -> Value {
        try await loop.submit { [self] in
            guard let world else { throw ChannelError.ioOnClosedChannel }
            return try look(world)
        }.get()
    }

    /// Every order that a game was asked for, one JSON object a line.
    func grants() async throws -> [UInt8] {
        try await ask { world in
            var lines: [UInt8] = []
            for line in world.grantLines {
                var json = JSONWriter(reserving: 256)
                line.write(into: &json)
                lines += json.bytes
                lines.append(UInt8(ascii: "\n"))
            }
            return lines
        }
    }

    func faults(of game: UInt8) async throws -> [UInt8] {
        try await ask { $0.faults(of: game) }
    }

    /// - Throws: `JSONError` where the change is not one.
    func changeFaults(of game: UInt8, _ body: [UInt8]) async throws -> [UInt8] {
        try await ask { [self] world in
            if let refuseMs = try world.changeFaults(of: game, body) {
                guard hasOwnPorts else {
                    throw JSONError(offset: 0, path: "refuse_ms", reason: "all games share one port")
                }
                ports[Int(game)].refuse(forMs: refuseMs)
            }
            return world.faults(of: game)
        }
    }

    private func ask(_ question: @escaping @Sendable (OutsideWorld) throws -> [UInt8]) async throws -> [UInt8]
    {
        try await look(question)
    }
}
