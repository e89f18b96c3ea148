import NIOCore
import NIOPosix
import Redis
import Stack

/// A private server and one connection to it, both gone when the body has ended.
func withServer(
    extraArguments: [String] = [], url path: String = "", credentials: String = "",
    _ change: (inout RedisOptions) -> Void = { _ in },
    _ body: (RedisServer, RedisConnection) async throws -> Void
) async throws {
    try await withTaskExecutorPreference(BlockingThreads.shared) {
        try await withServerInPlace(
            extraArguments: extraArguments, url: path, credentials: credentials, change, body)
    }
}

private func withServerInPlace(
    extraArguments: [String], url path: String, credentials: String,
    _ change: (inout RedisOptions) -> Void,
    _ body: (RedisServer, RedisConnection) async throws -> Void
) async throws {
    let run = try RunDirectory.claimUnique(prefix: "redis-tests")
    defer { run.release() }
    let server = try RedisServer(in: run, extraArguments: extraArguments)
    defer { server.kill9() }
    var options = RedisOptions()
    // A loaded machine is no failure; the tests that want a time-out set one.
    options.commandTimeout = .seconds(10)
    change(&options)
    let connection = RedisConnection(
        address: try RedisAddress(url: "redis://\(credentials)127.0.0.1:\(server.port)\(path)"),
        loop: MultiThreadedEventLoopGroup.singleton.next(), options: options)
    let result: Result<Void, any Error>
    do {
        try await connection.ready(within: .seconds(20))
        try await body(server, connection)
        result = .success(())
    } catch {
        result = .failure(error)
    }
    await connection.shutDown()
    try result.get()
}

/// Another connection to the same server, for what the one under test must not do itself.
func bystander(_ server: RedisServer) async throws -> RedisConnection {
    var options = RedisOptions()
    options.commandTimeout = .seconds(10)
    let connection = RedisConnection(
        address: try RedisAddress(url: server.url), loop: MultiThreadedEventLoopGroup.singleton.next(),
        options: options)
    try await connection.ready(within: .seconds(20))
    return connection
}

/// Sends all commands in one tick; the results are in the order of their completion. When this returns,
/// the commands are in the socket.
func begin(
    _ connection: RedisConnection, _ commands: [RedisCommand]
) async throws -> EventLoopFuture<[Result<RedisReply, RedisFailure>]> {
    let promise = connection.loop.makePromise(of: [Result<RedisReply, RedisFailure>].self)
    try await connection.loop.submit {
        var results: [Result<RedisReply, RedisFailure>] = []
        for command in commands {
            connection.send(command) {
                results.append($0)
                if results.count == commands.count { promise.succeed(results) }
            }
        }
    }.get()
    // The write was put behind the commands on the loop, and this is behind the write.
    try await connection.loop.submit {}.get()
    return promise.futureResult
}

/// The kind of the failure that the body ends with; nil: none.
func kind(_ body: () async throws(RedisFailure) -> RedisReply) async -> RedisFailure.Kind? {
    do throws(RedisFailure) {
        _ = try await body()
        return nil
    } catch {
        return error.kind
    }
}

/// The changes of state from now on.
func observe(_ connection: RedisConnection) async -> StateChanges {
    let (stream, continuation) = AsyncStream.makeStream(of: Bool.self)
    try? await connection.loop.submit { connection.onState = { continuation.yield($0) } }.get()
    return StateChanges(stream: stream)
}

struct StateChanges: Sendable {
    let stream: AsyncStream<Bool>

    /// A stream may be taken up again where it was left.
    func next() async -> Bool? {
        for await state in stream { return state }
        return nil
    }
}

extension Result where Failure == RedisFailure {
    var failureKind: RedisFailure.Kind? {
        if case .failure(let failure) = self { failure.kind } else { nil }
    }
}
