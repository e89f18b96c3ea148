import Bench
import NIOCore
import NIOPosix
import ProfileRoad
import Profiles
import Redis
import Stack

/// The bench's own connection to a Redis: fills profiles in, asks for memory.
final class BenchRedis: Sendable {
    private static let peopleACommand = 500

    let connection: RedisConnection

    init(_ server: RedisServer) async throws {
        var options = RedisOptions()
        options.commandTimeout = .seconds(60)
        connection = RedisConnection(
            address: try RedisAddress(url: server.url), loop: MultiThreadedEventLoopGroup.singleton.next(),
            options: options)
        try await connection.ready(within: .seconds(10))
    }

    func close() async { await connection.shutDown() }

    /// As a nightly batch leaves them.
    func load(_ people: ClaimPeople, _ indices: Range<Int>) async throws {
        var start = indices.lowerBound
        while start < indices.upperBound {
            let end = min(start + Self.peopleACommand, indices.upperBound)
            var command = RedisCommand("MSET", reserving: 160 * (end - start))
            for index in start..<end {
                let profile = people.profile(index)
                command.add(ProfileRoad.key(campaign: ClaimCampaign.id, user: profile.user))
                command.add(ProfileCodec.encode(profile))
            }
            _ = try await connection.send(command)
            start = end
        }
    }

    /// A number of a section of INFO.
    func info(_ section: String, _ name: String) async throws -> Int {
        let info = try await connection.send(RedisCommand.make("INFO", section)).string ?? ""
        for line in info.split(whereSeparator: \.isNewline) where line.hasPrefix("\(name):") {
            if let number = Int(line.dropFirst(name.count + 1)) { return number }
        }
        throw StackFailure("INFO tells no \(name)")
    }

    func usedMemory() async throws -> Int { try await info("memory", "used_memory") }

    /// Loads a script; its digest.
    func load(script: String) async throws -> String {
        guard let sha = try await connection.send(RedisCommand.make("SCRIPT", "LOAD", script)).string else {
            throw StackFailure("the script has no digest")
        }
        return sha
    }

    func send(_ name: StaticString, _ arguments: String...) async throws -> RedisReply {
        var command = RedisCommand(name)
        for argument in arguments { command.add(argument) }
        return try await connection.send(command)
    }
}
