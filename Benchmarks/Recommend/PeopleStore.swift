import Bench
import Logging
import NIOCore
import NIOPosix
import ProfileRoad
import Profiles
import Redis
import Stack

/// Puts people into a Redis, in large pieces.
final class PeopleStore: Sendable {
    private static let peopleACommand = 500

    private let connection: RedisRouter

    init(_ server: RedisServer) async throws {
        var options = RedisOptions()
        options.commandTimeout = .seconds(30)
        connection = RedisRouter(
            try RedisTarget(url: server.url), loop: MultiThreadedEventLoopGroup.singleton.next(),
            options: options)
        try await connection.ready(within: .seconds(10))
    }

    func close() async {
        await connection.shutDown()
    }

    /// Stores a profile for each index, as Recommend reads it. Returns the mean length of a value, in bytes.
    @discardableResult
    func load(_ indices: Range<Int>, profile: (Int) -> Profile) async throws -> Double {
        var bytes = 0
        try await store(indices) { index in
            let profile = profile(index)
            let value = ProfileCodec.encode(profile)
            bytes += value.count
            return (ProfileRoad.key(campaign: BenchCampaign.name, user: profile.user), value)
        }
        return Double(bytes) / Double(indices.count)
    }

    /// Stores any pairs of key and value.
    func store(_ indices: Range<Int>, pair: (Int) throws -> (String, [UInt8])) async throws {
        var start = indices.lowerBound
        while start < indices.upperBound {
            let end = min(start + Self.peopleACommand, indices.upperBound)
            var command = RedisCommand("MSET", reserving: 160 * (end - start))
            for index in start..<end {
                let (key, value) = try pair(index)
                command.add(key)
                command.add(value)
            }
            _ = try await connection.send(command)
            start = end
        }
    }

    /// What Redis has allocated for everything, in bytes.
    func usedMemory() async throws -> Int {
        let info = try await connection.send(RedisCommand.make("INFO", "memory")).string ?? ""
        for line in info.split(whereSeparator: \.isNewline) where line.hasPrefix("used_memory:") {
            if let bytes = Int(line.dropFirst(12)) { return bytes }
        }
        throw StackFailure("INFO tells no used_memory")
    }
}
