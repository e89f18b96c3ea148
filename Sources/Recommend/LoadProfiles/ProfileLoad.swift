import Catalog
import NIOCore
import ProfileRoad
import Profiles
import Redis

/// Puts profiles into Redis beside what Recommend knows: vectors replace vectors, and what is stored about
/// games stays.
///
/// A batch of people is read in one MGET, joined with its lines, and written with as many pipelined SETs;
/// never more than one batch is under way. Between the two Recommend may write as well, and the later SET
/// wins: then an answer of a role service that came in those milliseconds is gone from Redis (not from the
/// cache of the loop that asked), and is asked for again when somebody needs it. Nothing wrong is stored by
/// that, only less. The other way round nothing is lost, because Recommend writes only over what it has read
/// and takes over a vector that it finds.
struct ProfileLoad {
    /// People a batch; below what a connection takes in flight.
    static let batch = 512

    struct Counts: Equatable {
        var people = 0
        /// Of them, people of whom Redis knew something.
        var merged = 0
        /// Of them, people whose stored profile could not be read and was written anew.
        var unreadable = 0
        var bytes = 0
        var mostBytes = 0

        var meanBytes: Double { people == 0 ? 0 : Double(bytes) / Double(people) }
    }

    let catalog: Catalog
    let redis: RedisRouter
    /// How long Redis keeps a profile with a vector, and one without.
    let vectorLifeMs: Int64
    let lifeMs: Int64
    private(set) var counts = Counts()
    private var lines: [ProfileLine] = []
    private var users: Set<UInt64> = []

    init(catalog: Catalog, redis: RedisRouter, options: ProfileRoadOptions = ProfileRoadOptions()) {
        self.catalog = catalog
        self.redis = redis
        vectorLifeMs = options.storedVectorLifeMs
        lifeMs = options.storedLifeMs
    }

    /// Takes a person in; writes when a batch is full.
    ///
    /// - Throws: `RedisFailure`; what was taken in since the last full batch may not be written then.
    mutating func add(_ line: ProfileLine, nowS: UInt32) async throws(RedisFailure) {
        // Two lines of one person in a batch would both build on what was there before.
        if users.contains(line.user) { try await flush(nowS: nowS) }
        users.insert(line.user)
        lines.append(line)
        if lines.count == Self.batch { try await flush(nowS: nowS) }
    }

    /// Writes what has been taken in.
    mutating func flush(nowS: UInt32) async throws(RedisFailure) {
        guard !lines.isEmpty else { return }
        let stored = try await read(lines.map(\.user))
        var commands: [RedisCommand] = []
        for (line, bytes) in zip(lines, stored) {
            let before = profile(line.user, bytes)
            let profile = Self.joined(before ?? Profile(user: line.user, fetchedAtS: nowS), line, nowS: nowS)
            let value = ProfileCodec.encode(profile)
            var command = RedisCommand("SET", reserving: 256)
            command.add(key(line.user))
            command.add(value)
            command.add("PX" as StaticString)
            command.add(profile.preference.isEmpty ? lifeMs : vectorLifeMs)
            commands.append(command)
            counts.bytes += value.count
            counts.mostBytes = max(counts.mostBytes, value.count)
            if before != nil { counts.merged += 1 }
        }
        try await send(commands)
        counts.people += lines.count
        lines.removeAll(keepingCapacity: true)
        users.removeAll(keepingCapacity: true)
    }

    /// What was stored, with the line's vector, and the line's answers for games of which nothing is known.
    static func joined(_ stored: Profile, _ line: ProfileLine, nowS: UInt32) -> Profile {
        var out = stored
        if let vector = line.vector { out.preference = vector }
        for answer in line.answers where !out.knows(answer.game) {
            out.take(answer.registration, game: answer.game, nowS: nowS)
        }
        return out
    }

    // MARK: - Redis

    private func key(_ user: UInt64) -> String {
        ProfileRoad.key(campaign: catalog.campaign.id, user: user)
    }

    private mutating func profile(_ user: UInt64, _ bytes: [UInt8]?) -> Profile? {
        guard let bytes else { return nil }
        if let profile = try? ProfileCodec.decode(bytes, user: user), profile.fits(catalog) { return profile }
        counts.unreadable += 1
        return nil
    }

    /// What stands there, nil where nothing does.
    private func read(_ users: [UInt64]) async throws(RedisFailure) -> [[UInt8]?] {
        var command = RedisCommand("MGET", reserving: 48 * users.count)
        for user in users { command.add(key(user)) }
        let values = try await redis.readAll(command).array ?? []
        for case .error(let text) in values { throw RedisFailure(errorReply: text) }
        guard values.count == users.count else {
            throw RedisFailure(kind: .unknown, message: "MGET gave \(values.count) values for \(users.count)")
        }
        // A value of another type than a string is null for MGET, and SET replaces it.
        return values.map(\.bytes)
    }

    private func send(_ commands: [RedisCommand]) async throws(RedisFailure) {
        let redis = redis
        let result: Result<Void, RedisFailure> = await withCheckedContinuation { continuation in
            redis.loop.execute {
                let tally = Tally(commands.count) { continuation.resume(returning: $0) }
                for command in commands { redis.send(command) { tally.add($0) } }
            }
        }
        try result.get()
    }

    /// Waits for all answers of a batch. Owner: the connection's loop.
    private final class Tally {
        private var left: Int
        private var failure: RedisFailure?
        private let then: (Result<Void, RedisFailure>) -> Void

        init(_ count: Int, then: @escaping (Result<Void, RedisFailure>) -> Void) {
            left = count
            self.then = then
        }

        func add(_ result: Result<RedisReply, RedisFailure>) {
            if case .failure(let failure) = result { self.failure = self.failure ?? failure }
            left -= 1
            if left == 0 { then(failure.map { .failure($0) } ?? .success(())) }
        }
    }
}
