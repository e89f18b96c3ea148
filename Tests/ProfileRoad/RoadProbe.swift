import Catalog
import NIOCore
import Profiles
import Redis

@testable import ProfileRoad

/// A road, its clock, and the role services behind it, which answer when and what the test says.
// `@unchecked Sendable`: everything is touched on `loop` only; the methods hop there.
final class RoadProbe: @unchecked Sendable {
    let loop: any EventLoop
    let redis: RedisRouter
    private(set) var road: ProfileRoad!
    private(set) var wallMs: Int64 = 1_771_000_000_000
    private var monotonicNs: UInt64 = 1_000_000_000
    private var asked: [RoleQuestion] = []
    private var waiting: (count: Int, promise: EventLoopPromise<Void>)?

    private init(redis: RedisRouter) {
        loop = redis.loop
        self.redis = redis
    }

    static func make(
        catalog: Catalog, redis: RedisRouter, exchange: RoleExchange?, options: ProfileRoadOptions
    ) async throws -> RoadProbe {
        let probe = RoadProbe(redis: redis)
        try await probe.loop.submit {
            if let exchange {
                probe.road = ProfileRoad(
                    catalog: catalog, loop: probe.loop, redis: redis, exchange: exchange, options: options,
                    wallMs: { probe.wallMs }, monotonicNs: { probe.monotonicNs }, random: { 0 })
            } else {
                probe.road = ProfileRoad(
                    catalog: catalog, loop: probe.loop, redis: redis, options: options,
                    wallMs: { probe.wallMs }, monotonicNs: { probe.monotonicNs }, random: { 0 },
                    ask: { probe.take($0) })
            }
        }.get()
        return probe
    }

    private func take(_ questions: [RoleQuestion]) {
        asked += questions
        if let waiting, asked.count >= waiting.count {
            self.waiting = nil
            waiting.promise.succeed()
        }
    }

    /// Asks the road; the answer comes with the future.
    ///
    /// - Parameter refresh: the game that is asked anew, beside `games`.
    func start(
        _ user: UInt64, games: UInt64, refresh: UInt8? = nil, always: Bool = false
    ) -> EventLoopFuture<ProfileAnswer> {
        let promise = loop.makePromise(of: ProfileAnswer.self)
        loop.execute {
            if let refresh {
                self.road.refresh(user: user, game: refresh, games: games, always: always) {
                    promise.succeed($0)
                }
            } else {
                self.road.profile(user: user, games: games) { promise.succeed($0) }
            }
        }
        return promise.futureResult
    }

    func profile(_ user: UInt64, games: UInt64) async throws -> ProfileAnswer {
        try await start(user, games: games).get()
    }

    /// The URLs of the first `count` questions that have not been taken yet, once there are so many.
    func questions(_ count: Int) async throws -> [RoleQuestion] {
        try await loop.flatSubmit {
            let promise = self.loop.makePromise(of: Void.self)
            if self.asked.count >= count {
                promise.succeed()
            } else {
                self.waiting = (count, promise)
            }
            return promise.futureResult
        }.get()
        return try await onLoop {
            let taken = Array(self.asked.prefix(count))
            self.asked.removeFirst(count)
            return taken
        }
    }

    /// Waits for a question for each of these games, and answers each.
    func answer(_ count: Int, _ body: (UInt8) -> String) async throws {
        for question in try await questions(count) { try await reply(question, body(question.game)) }
    }

    /// The profile as the hot path finds it; nil where it does not do.
    func load(_ user: UInt64, games: UInt64) async throws -> (missing: UInt64, profile: Profile)? {
        try await onLoop {
            var flat = FlatProfile()
            guard let missing = self.road.load(user: user, games: games, into: &flat) else { return nil }
            return (missing, Profile(flat))
        }
    }

    /// What Redis has for a person after all writes begun so far.
    func storedBytes(_ user: UInt64) async throws -> [UInt8]? {
        try await writesDone()
        return try await redis.send(.make("GET", RoadFixture.key(user))).bytes
    }

    /// Waits for the writes begun so far: replies come in order, and a write that finds its script missing,
    /// or another's value, is sent again when its reply has come.
    func writesDone() async throws {
        for _ in 0..<4 { _ = try await redis.send(.make("PING")) }
    }

    func takeQuestion(at index: Int) async throws -> RoleQuestion {
        try await onLoop { self.asked.remove(at: index) }
    }

    func reply(_ question: RoleQuestion, _ body: String, status: Int = 200) async throws {
        try await onLoop {
            self.road.replied([
                RoleReply(
                    token: question.token, result: .answered(status: status, body: Array(body.utf8)))
            ])
        }
    }

    func fail(_ question: RoleQuestion) async throws {
        try await onLoop { self.road.replied([RoleReply(token: question.token, result: .failed)]) }
    }

    func setClock(ms: Int64) async throws {
        try await onLoop { self.wallMs = ms }
    }

    func advanceClock(ms: Int64) async throws {
        try await onLoop { self.wallMs += ms }
    }

    /// Moves both clocks on.
    func pass(ms: Int64) async throws {
        try await onLoop {
            self.wallMs += ms
            self.monotonicNs += UInt64(ms) * 1_000_000
        }
    }

    /// Moves the monotonic clock on by a second.
    func passHold() async throws {
        try await onLoop { self.monotonicNs += 1_000_000_000 }
    }

    /// Returns when the store has answered all reads begun so far: replies come in order, and the first PING
    /// may still overtake a read that waits for the end of its tick.
    func readsDone() async throws {
        for _ in 0..<2 { _ = try await redis.send(.make("PING")) }
    }

    /// Moves the monotonic clock past the deadline of everybody who waits.
    func passDeadline() async throws {
        try await onLoop {
            self.monotonicNs += UInt64(self.road.options.deadlineMs) * 1_000_000
            self.road.expire()
        }
    }

    var unansweredQuestions: Int {
        get async throws { try await onLoop { self.asked.count } }
    }

    var counters: ProfileRoadCounters {
        get async throws { try await onLoop { self.road.counters } }
    }

    var inProgress: Int {
        get async throws { try await onLoop { self.road.inProgress } }
    }

    func onLoop<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await loop.submit(body).get()
    }
}

extension RoleQuestion {
    /// From `http://roles.test/g<game>?user=<user>`.
    var game: UInt8 { UInt8(url.split(whereSeparator: { "/?=".contains($0) })[2].dropFirst())! }
    var user: UInt64 { UInt64(url.split(separator: "=").last!)! }
}

/// Bodies of role services.
enum RoleBody {
    static let absent = #"{"registered_at": null, "roles": []}"#

    static func role(_ id: UInt64) -> String {
        #"{"registered_at": 1700000000, "roles": [{"region": "s1", "role": "\#(id)"}]}"#
    }
}
