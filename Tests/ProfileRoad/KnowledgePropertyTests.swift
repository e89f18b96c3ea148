import NIOCore
import ProfileRoad
import Profiles
import Redis
import Testing
import Wire

/// Everything that role services have ever said, and when.
private struct Sayings {
    private struct Saying: Hashable {
        let user: UInt64
        let game: UInt8
        /// nil = no role.
        let role: UInt64?
    }

    private var timesMs: [Saying: [Int64]] = [:]

    mutating func said(_ user: UInt64, _ game: UInt8, _ role: UInt64?, atMs: Int64) {
        timesMs[Saying(user: user, game: game, role: role), default: []].append(atMs)
    }

    /// Whether it was said before now, within so long a time.
    func has(_ user: UInt64, _ game: UInt8, _ role: UInt64?, nowMs: Int64, within ageMs: Int64) -> Bool {
        timesMs[Saying(user: user, game: game, role: role), default: []].contains { atMs in
            (0..<ageMs).contains(nowMs - atMs)
        }
    }
}

/// Two processes' roads over one Redis, people who register as time goes on, and all that can go wrong.
private final class Turmoil {
    private static let people = UInt64(1)...12
    private let probes: [RoadProbe]
    private var random: SplitMix64
    private var nowMs: Int64 = 1_771_000_000_000
    private var roles: [RoleCallKey: UInt64] = [:]
    private var sayings = Sayings()
    private var futures: [EventLoopFuture<(ProfileAnswer, Int64)>] = []
    private var checked = 0

    private struct RoleCallKey: Hashable {
        let user: UInt64
        let game: UInt8
    }

    init(_ probes: [RoadProbe], seed: UInt64) {
        self.probes = probes
        random = SplitMix64(seed: seed)
    }

    func run(steps: Int) async throws {
        for _ in 0..<steps {
            let probe = probes[Int(random.next() % 2)]
            switch random.next() % 24 {
            case 0..<8: ask(probe)
            case 8..<16: try await reply(probe)
            case 16: register()
            case 17..<20: try await pass(ms: Int64(random.next() % 30_000))
            case 20: try await probe.passHold()
            case 21: try await probe.passDeadline()
            default: try await damage(probe)
            }
        }
        for probe in probes {
            while try await probe.inProgress > 0 { try await reply(probe) }
        }
        try await check()
        #expect(checked == futures.count)
    }

    private func ask(_ probe: RoadProbe) {
        let user = UInt64.random(in: Self.people, using: &random)
        let refresh = random.next() % 4 == 0 ? UInt8.random(in: 0...2, using: &random) : nil
        futures.append(
            probe.start(user, games: .random(in: 1...7, using: &random), refresh: refresh).map {
                ($0, probe.wallMs)
            })
    }

    /// Somebody makes a role, makes another one instead, or deletes it.
    private func register() {
        let key = RoleCallKey(
            user: .random(in: Self.people, using: &random), game: .random(in: 0...2, using: &random))
        roles[key] = random.next() % 5 == 0 ? nil : random.next()
    }

    private func pass(ms: Int64) async throws {
        nowMs += ms
        for probe in probes { try await probe.pass(ms: ms) }
    }

    /// Answers one question: truly, with garbage, or not at all.
    private func reply(_ probe: RoadProbe) async throws {
        let count = try await probe.unansweredQuestions
        guard count > 0 else { return }
        let question = try await probe.takeQuestion(at: Int.random(in: 0..<count, using: &random))
        switch random.next() % 8 {
        case 0: try await probe.fail(question)
        case 1: try await probe.reply(question, #"{"registered_at": 5, "roles": [{"region": "s1"}]}"#)
        case 2: try await probe.reply(question, RoleBody.role(666), status: 502)
        default:
            let role = roles[RoleCallKey(user: question.user, game: question.game)]
            sayings.said(question.user, question.game, role, atMs: nowMs)
            try await probe.reply(question, role.map(RoleBody.role) ?? RoleBody.absent)
        }
    }

    /// Does something to what Redis has.
    private func damage(_ probe: RoadProbe) async throws {
        let user = UInt64.random(in: Self.people, using: &random)
        let key = RoadFixture.key(user)
        guard var bytes = try await probe.storedBytes(user), !bytes.isEmpty else { return }
        switch random.next() % 5 {
        case 0: _ = try await probe.redis.send(.make("DEL", key))
        case 1: bytes[Int(random.next() % UInt64(bytes.count))] ^= 1 << UInt8(random.next() % 8)
        case 2: bytes.removeLast(Int(random.next() % UInt64(bytes.count)))
        case 3: bytes[0] = UInt8(random.next() % 2)
        default: bytes = try await probe.storedBytes(.random(in: Self.people, using: &random)) ?? []
        }
        var command = RedisCommand("SET")
        command.add(key)
        command.add(bytes)
        _ = try await probe.redis.send(command)
    }

    /// Holds every answer against what has been said.
    private func check() async throws {
        for future in futures {
            let (answer, atMs) = try await future.get()
            let profile = answer.profile
            #expect(profile.known & profile.stale == 0)
            for game: UInt8 in 0..<3 {
                let bit: UInt64 = 1 << UInt64(game)
                guard (profile.known | profile.stale) & bit != 0 else {
                    #expect(profile.game(game) == nil)
                    continue
                }
                let role = profile.game(game)?.roles.first?.id
                let ageS: Int64 = profile.stale & bit != 0 ? 600 : role == nil ? 60 : 300
                // Stamps are in whole seconds.
                let isTrue = sayings.has(
                    profile.user, game, role, nowMs: atMs, within: (ageS + 1) * 1000)
                #expect(isTrue, "nobody has said so of \(profile.user) in game \(game)")
            }
            checked += 1
        }
    }
}

@Suite("What answers claim to know")
struct KnowledgePropertyTests {
    @Test(
        "no answer ever claims what no role service has said, nor for longer than it counts", arguments: 1...4
    )
    func nothingInvented(_ seed: UInt64) async throws {
        let change: (inout ProfileRoadOptions) -> Void = {
            $0.ages = ProfileAges(presentS: 300, absentS: 60, staleS: 600)
            $0.maxCalls = 6
            $0.maxCallsAGame = 3
            $0.holdMs = 1
            $0.failuresToPause = 4
            $0.pauseMs = 1
            $0.cacheBytes = 1_200
        }
        try await RoadFixture.with(loops: 2) { fixture in
            try await fixture.road(change) { first in
                try await fixture.road(change) { second in
                    try await Turmoil([first, second], seed: seed).run(steps: 250)
                }
            }
        }
    }
}
