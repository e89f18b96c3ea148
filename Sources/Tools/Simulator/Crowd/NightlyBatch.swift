import Catalog
import Logging
import NIOCore
import ProfileRoad
import Profiles
import Redis

/// Writes the profiles that a nightly batch would have left in Redis, in their compact form.
enum NightlyBatch {
    /// Commands under way at once; below what a connection takes.
    static let window = 1000
    static let lifeMs: Int64 = 24 * 3600 * 1000

    /// Writes one profile for each of `users`.
    ///
    /// - Throws: `RedisFailure`; some profiles may have been written then.
    static func write(
        _ users: [UInt64], of world: RoleWorld, redis: RedisTarget, loop: any EventLoop, nowS: UInt32
    )
        async throws
    {
        var options = RedisOptions()
        options.commandTimeout = .seconds(10)
        let connection = RedisRouter(
            redis, loop: loop, options: options, logger: Logger(label: "nightly-batch"))
        do {
            try await connection.ready(within: .seconds(10))
            for start in stride(from: 0, to: users.count, by: window) {
                let part = users[start..<min(start + window, users.count)]
                let commands = part.map { user in
                    var command = RedisCommand("SET", reserving: 192)
                    command.add(ProfileRoad.key(campaign: world.catalog.campaign.id, user: user))
                    command.add(ProfileCodec.encode(world.profile(of: user, fetchedAtS: nowS)))
                    command.add("PX" as StaticString)
                    command.add(lifeMs)
                    return command
                }
                try await send(commands, connection, loop)
            }
        } catch {
            await connection.shutDown()
            throw error
        }
        await connection.shutDown()
    }

    private static func send(_ commands: [RedisCommand], _ connection: RedisRouter, _ loop: any EventLoop)
        async throws
    {
        try await loop.flatSubmit {
            let answers = commands.map { command in
                let promise = loop.makePromise(of: Void.self)
                connection.send(command) { promise.completeWith($0.map { _ in }.mapError { $0 }) }
                return promise.futureResult
            }
            return EventLoopFuture.andAllSucceed(answers, on: loop)
        }.get()
    }
}
