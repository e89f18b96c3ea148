import Logging
import NIOCore

/// A service's way to its Redis from one event loop: one connection to a server, or one to each master of
/// a cluster, with the same calls for both.
///
/// On a single server every call goes straight to the connection. In a cluster a command goes to the
/// master of its key's slot. What the cluster itself refuses (MOVED, ASK, TRYAGAIN, CLUSTERDOWN) is sent
/// again within the command's deadline, see `RedisClusterMachine`; an outcome that may have been applied
/// is never repeated here.
// `@unchecked Sendable`: as `RedisConnection`, everything that changes is touched on `loop` only, and the
// async methods do nothing but hop to it.
package final class RedisRouter: @unchecked Sendable {
    package typealias Completion = RedisConnection.Completion

    package let loop: any EventLoop
    package let target: RedisTarget
    package let options: RedisOptions
    private let way: Way

    private enum Way {
        case server(RedisConnection)
        case cluster(RedisCluster)
    }

    /// Called on the loop when the whole of Redis becomes reachable (true) or a part of it is lost (false).
    ///
    /// Between a false and the next true another server may have taken a place in it: a service looks at
    /// `masters` anew before it writes on. In a cluster both are told in a row when another node became a
    /// master without a gap.
    package var onState: ((Bool) -> Void)? {
        didSet {
            switch way {
            case .server(let connection): connection.onState = onState
            case .cluster(let cluster): cluster.onState = onState
            }
        }
    }

    /// - Parameters:
    ///   - loop: owns the connections; completions run on it.
    ///   - logger: silent unless given.
    ///   - dialer: how to get a channel.
    ///   - jitterSeed: for the random half of the back-off; nil: a random one a connection.
    package init(
        _ target: RedisTarget, loop: any EventLoop, options: RedisOptions = RedisOptions(),
        logger: Logger = Logger(label: "redis") { _ in SwiftLogNoOpLogHandler() },
        dialer: RedisDialer = .tcp,
        jitterSeed: UInt64? = nil
    ) {
        self.target = target
        self.loop = loop
        self.options = options
        let connect = { (address: RedisAddress) in
            RedisConnection(
                address: address, loop: loop, options: options, logger: logger, dialer: dialer,
                jitterSeed: jitterSeed ?? .random(in: .min ... .max))
        }
        way =
            switch target {
            case .server(let address): .server(connect(address))
            case .cluster(let seeds):
                .cluster(
                    RedisCluster(
                        seeds: seeds, loop: loop, options: options, logger: logger, connect: connect))
            }
    }

    // MARK: - Life, on the loop

    /// Whether all of Redis is reachable: the server, or a master for every slot.
    package var isReady: Bool {
        switch way {
        case .server(let connection): connection.isReady
        case .cluster(let cluster): cluster.isReady
        }
    }

    /// The connection to the server, or those to all masters of a cluster, connected or not; empty until
    /// the cluster's map has been read.
    package var masters: [RedisConnection] {
        switch way {
        case .server(let connection): [connection]
        case .cluster(let cluster): cluster.masters
        }
    }

    /// What was done since `init`, all connections together.
    package var counters: RedisCounters {
        switch way {
        case .server(let connection): connection.counters
        case .cluster(let cluster): cluster.counters
        }
    }

    /// nil on a single server.
    package var clusterCounters: RedisClusterCounters? {
        switch way {
        case .server: nil
        case .cluster(let cluster): cluster.clusterCounters
        }
    }

    /// Connects, now and after each loss; only the first call does anything.
    package func start() {
        switch way {
        case .server(let connection): connection.start()
        case .cluster(let cluster): cluster.start()
        }
    }

    /// Ends all connections for good; commands in flight are reported as unknown.
    package func close() {
        switch way {
        case .server(let connection): connection.close()
        case .cluster(let cluster): cluster.close()
        }
    }

    func whenReady(within limit: Duration, then: @escaping Completion) {
        switch way {
        case .server(let connection): connection.whenReady(within: limit, then: then)
        case .cluster(let cluster): cluster.whenReady(within: limit, then: then)
        }
    }

    /// Calls `then` when what was sent before has been answered or given up; for an orderly end, when
    /// nothing new is sent.
    package func settled(then: @escaping () -> Void) {
        switch way {
        case .server(let connection): Self.settled(connection, rounds: Self.settleRounds, then: then)
        case .cluster(let cluster): cluster.settled(then: then)
        }
    }

    /// A script that the server does not know is sent again, and then stands behind the PING: one more round
    /// for that, and one for what its answer may have sent.
    private static let settleRounds = 3

    private static func settled(_ connection: RedisConnection, rounds: Int, then: @escaping () -> Void) {
        connection.send(.make("PING")) { result in
            guard rounds > 1, connection.inFlight > 0, case .success = result else { return then() }
            settled(connection, rounds: rounds - 1, then: then)
        }
    }

    // MARK: - Commands, on the loop

    /// Sends one command to the master of its key, which is its first argument, as in GET and HSET. One
    /// without arguments, such as TIME, goes to some master.
    ///
    /// - Parameters:
    ///   - timeout: nil: `RedisOptions.commandTimeout`. What a cluster refuses is tried again within it.
    ///   - then: called once, on the loop; it may send again.
    package func send(_ command: RedisCommand, timeout: Duration? = nil, then: @escaping Completion) {
        switch way {
        case .server(let connection): connection.send(command, timeout: timeout, then: then)
        case .cluster(let cluster):
            cluster.send(.command(command), slot: command.slot(at: 1), timeout: timeout, then: then)
        }
    }

    /// Sends one command to the master of a key, whatever the command's arguments are.
    package func send(
        _ command: RedisCommand, key: [UInt8], timeout: Duration? = nil, then: @escaping Completion
    ) {
        switch way {
        case .server(let connection): connection.send(command, timeout: timeout, then: then)
        case .cluster(let cluster):
            cluster.send(.command(command), slot: RedisSlot.of(key), timeout: timeout, then: then)
        }
    }

    /// Runs a script by its digest, and loads it where a master lacks it, at the master of KEYS[1].
    ///
    /// - Parameter call: from `RedisScript.call`, with all keys (of one slot) and arguments added.
    package func run(
        _ script: RedisScript, _ call: RedisCommand, timeout: Duration? = nil, then: @escaping Completion
    ) {
        switch way {
        case .server(let connection): connection.run(script, call, timeout: timeout, then: then)
        case .cluster(let cluster):
            // EVALSHA, digest, number of keys, first key.
            cluster.send(
                .script(script, call: call), slot: call.slot(at: 3), timeout: timeout, then: then)
        }
    }

    package func run(
        _ script: RedisScript, keys: [[UInt8]], arguments: [[UInt8]], timeout: Duration? = nil,
        then: @escaping Completion
    ) {
        run(script, script.call(keys: keys, arguments: arguments), timeout: timeout, then: then)
    }

    /// Reads many strings, whatever their slots: an MGET with its keys. In a cluster it becomes a GET a
    /// key, sent together.
    ///
    /// The answer is an array in the order of the keys. Null is no string, as MGET has it; in a cluster an
    /// element may be an error, where only some keys' masters could not be asked. If none could, it fails.
    package func readAll(_ mget: RedisCommand, timeout: Duration? = nil, then: @escaping Completion) {
        switch way {
        case .server(let connection): connection.send(mget, timeout: timeout, then: then)
        case .cluster(let cluster): cluster.readAll(mget, timeout: timeout, then: then)
        }
    }
}
