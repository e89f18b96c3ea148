import NIOCore
import NIOEmbedded
import Redis
import Testing

/// A connection on an embedded loop and channel: the test plays the server, byte by byte, and the clock.
// `@unchecked Sendable`: made, used and dropped on the one thread that runs the test.
final class RedisBench: @unchecked Sendable {
    let loop = EmbeddedEventLoop()
    private(set) var channels: [EmbeddedChannel] = []
    private(set) var states: [Bool] = []
    private(set) var results: [String] = []
    var refuseDials = false
    /// Channels that stay open when the connection closes them: as a socket does until the next tick.
    var lingeringChannels = false

    func connection(
        _ address: RedisAddress = RedisAddress(host: "h"),
        _ change: (inout RedisOptions) -> Void = { _ in }
    ) -> RedisConnection {
        var options = RedisOptions()
        options.commandTimeout = .milliseconds(100)
        change(&options)
        let dialer = RedisDialer { _, loop, _, prepare in
            if self.refuseDials { return loop.makeFailedFuture(ChannelError.connectTimeout(.seconds(1))) }
            let channel = EmbeddedChannel(loop: self.loop)
            self.channels.append(channel)
            if self.lingeringChannels {
                try! channel.pipeline.syncOperations.addHandler(CloseRefuser())
            }
            return prepare(channel).flatMap {
                channel.connect(to: try! SocketAddress(ipAddress: "127.0.0.1", port: 1))
            }.map { channel }
        }
        let connection = RedisConnection(
            address: address, loop: loop, options: options, dialer: dialer, jitterSeed: 1)
        connection.onState = { self.states.append($0) }
        connection.start()
        return connection
    }

    /// A connection that has greeted and is ready.
    func ready(_ change: (inout RedisOptions) -> Void = { _ in }) throws -> RedisConnection {
        let connection = connection(RedisAddress(host: "h"), change)
        #expect(try sent() == ["PING"])
        try serve("+PONG\r\n")
        #expect(connection.isReady)
        return connection
    }

    func send(_ connection: RedisConnection, _ command: RedisCommand, timeout: Duration? = nil) {
        connection.send(command, timeout: timeout) { self.note($0) }
    }

    func note(_ result: Result<RedisReply, RedisFailure>) {
        switch result {
        case .success(let reply): results.append(reply.string ?? "\(reply)")
        case .failure(let failure): results.append("\(failure.kind)")
        }
    }

    func serve(_ text: String) throws {
        try channels.last!.writeInbound(ByteBuffer(string: text))
    }

    /// What one write carried, as the names and arguments of its commands; nil: nothing was written.
    func sent() throws -> [String]? {
        guard let buffer = try channels.last!.readOutbound(as: ByteBuffer.self) else { return nil }
        var commands: [String] = []
        for line in String(buffer: buffer).split(separator: "\r\n") where !line.hasPrefix("$") {
            if line.hasPrefix("*") { commands.append("") } else { commands[commands.count - 1] += " \(line)" }
        }
        return commands.map { String($0.dropFirst()) }
    }
}

private final class CloseRefuser: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        promise?.succeed(())
    }
}
