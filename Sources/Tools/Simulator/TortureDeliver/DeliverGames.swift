import Catalog
import NIOCore
import NIOPosix
import Orders

/// The games of the delivery torture, in this process, on a loop of their own.
final class DeliverGames: Sendable {
    /// One receiver's arrivals against its limit.
    struct Window: Sendable, Equatable {
        var name: String
        var requests: Int
        var highest: Int
        var windowsOver: Int
        var highestOver: Double
    }

    let catalog: Catalog
    private let host: WorldHost
    private let group: MultiThreadedEventLoopGroup

    /// Listens on the campaign's ports.
    init(_ catalog: Catalog, secrets: HouseSecrets, ports: [Int], seed: UInt64) async throws {
        self.catalog = catalog
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        host = WorldHost(
            catalog: catalog,
            verifiers: try ServeCommand.verifiers(catalog, directory: secrets.gamesDirectory), seed: seed,
            loop: group.next())
        try await host.start(host: "127.0.0.1", ownPorts: ports)
    }

    func stop() async {
        await host.stop()
        try? await group.shutdownGracefully()
    }

    /// Changes what is wrong with a game, see ``GameFaults/change(_:)``.
    func set(_ game: Int, _ json: String) async throws {
        _ = try await host.changeFaults(of: UInt8(game), Array(json.utf8))
    }

    /// From now on another limit is in force for a game, or nil: for all together.
    func changeLimit(_ game: Int?, perSecond: Double, burst: Int) async throws {
        try await host.look { $0.changeLimit(of: game.map { UInt8($0) }, perSecond: perSecond, burst: burst) }
    }

    /// Deliveries that the games have read.
    func requests() async throws -> Int { try await host.look { $0.total.total } }

    /// Every game's windows, and all together at the end.
    func windows() async throws -> [Window] {
        try await host.look { world in
            let named = world.desks.map { ($0.game.id, $0.window) } + [("in total", world.total)]
            return named.map { name, window in
                Window(
                    name: name, requests: window.total, highest: window.highest,
                    windowsOver: window.windowsOver, highestOver: window.highestOver)
            }
        }
    }

    func grants() async throws -> [GrantLine] { try await host.look { $0.grantLines } }

    /// What all games did, added up, by name.
    func tallies() async throws -> [(name: String, count: Int)] {
        try await host.look { world in
            let all = world.desks.map(\.tally)
            func sum(_ count: (GameDesk.Tally) -> Int) -> Int { all.reduce(0) { $0 + count($1) } }
            return [
                ("granted", sum(\.granted)), ("already granted (409)", sum(\.alreadyGranted)),
                ("refused (422)", sum(\.rejected)), ("errors", sum(\.errors)),
                ("granted, then 500", sum(\.errorsAfter)), ("granted, then cut", sum(\.dropped)),
                ("dripped", sum(\.dripped)), ("throttled", sum(\.throttled)), ("gone (410)", sum(\.gone)),
                ("queries", sum(\.queries)), ("unsigned or malformed", sum(\.unsigned) + sum(\.malformed)),
            ]
        }
    }
}
