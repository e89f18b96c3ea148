import NIOCore
import NIOEmbedded
import Redis
import Testing

/// A router to a cluster of masters at ports 7000 and 7001, on an embedded loop: the test plays both
/// nodes, byte by byte, and the clock.
// `@unchecked Sendable`: made, used and dropped on the one thread that runs the test.
final class RedisClusterBench: @unchecked Sendable {
    let loop = EmbeddedEventLoop()
    private(set) var states: [Bool] = []
    private(set) var results: [String] = []
    let router: RedisRouter

    /// Slots 0...8191 at 7000, the others at 7001.
    static let map =
        "*2\r\n" + range(0, 8191, port: 7000) + range(8192, 16383, port: 7001)
    /// Keys of the lower and of the upper half.
    static let (low, high) = ("bar", "foo")

    static func range(_ first: Int, _ last: Int, port: Int) -> String {
        "*3\r\n:\(first)\r\n:\(last)\r\n*2\r\n$1\r\nh\r\n:\(port)\r\n"
    }

    private final class Channels: @unchecked Sendable {
        var byPort: [Int: EmbeddedChannel] = [:]
    }
    private let dialled = Channels()

    init(maxInFlight: Int = 4096) throws {
        var options = RedisOptions()
        options.commandTimeout = .milliseconds(500)
        options.maxInFlight = maxInFlight
        let (loop, dialled) = (loop, dialled)
        let dialer = RedisDialer { address, _, _, prepare in
            let channel = EmbeddedChannel(loop: loop)
            dialled.byPort[address.port] = channel
            return prepare(channel).flatMap {
                channel.connect(to: try! SocketAddress(ipAddress: "127.0.0.1", port: 1))
            }.map { channel }
        }
        router = RedisRouter(
            try RedisTarget(url: "redis-cluster://h:7000"), loop: loop, options: options, dialer: dialer,
            jitterSeed: 1)
        router.onState = { self.states.append($0) }
        router.start()
        try greet(7000)
        pass(ms: 50)
        #expect(try sent(7000) == ["CLUSTER SLOTS"])
        try serve(7000, Self.map)
        try greet(7001)
        #expect(router.isReady && states == [true])
    }

    func greet(_ port: Int) throws {
        #expect(try sent(port) == ["PING"])
        try serve(port, "+PONG\r\n")
    }

    func send(_ command: RedisCommand) { router.send(command) { self.note($0) } }

    func note(_ result: Result<RedisReply, RedisFailure>) {
        switch result {
        case .success(let reply): results.append(reply.string ?? "\(reply)")
        case .failure(let failure): results.append("\(failure.kind)")
        }
    }

    func serve(_ port: Int, _ text: String) throws {
        try dialled.byPort[port]!.writeInbound(ByteBuffer(string: text))
    }

    func hangUp(_ port: Int) { dialled.byPort[port]!.pipeline.fireChannelInactive() }

    /// What one write to the node carried; nil: nothing was written. Runs the loop first.
    func sent(_ port: Int) throws -> [String]? {
        loop.run()
        guard let buffer = try dialled.byPort[port]?.readOutbound(as: ByteBuffer.self) else { return nil }
        var commands: [String] = []
        for line in String(buffer: buffer).split(separator: "\r\n") where !line.hasPrefix("$") {
            if line.hasPrefix("*") { commands.append("") } else { commands[commands.count - 1] += " \(line)" }
        }
        return commands.map { String($0.dropFirst()) }
    }

    func pass(ms: Int64) { loop.advanceTime(by: .milliseconds(ms)) }
}
