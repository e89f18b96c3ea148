import NIOCore
import ProfileRoad
import Profiles
import Testing

@Suite("What is too old to count, while nobody can be asked")
struct StaleTests {
    private static let startS: UInt32 = 1_771_000_000

    private func ages(_ options: inout ProfileRoadOptions) {
        options.ages = ProfileAges(presentS: 1000, absentS: 60, staleS: 5000)
        options.holdMs = 1
        options.failuresToPause = 3
        options.pauseMs = 5000
    }

    /// Has person 7 known in all three games: a role in the first, none in the others.
    private func learn(_ probe: RoadProbe) async throws {
        let future = probe.start(7, games: 0b111)
        try await probe.answer(3) { $0 == 0 ? RoleBody.role(4) : RoleBody.absent }
        _ = try await future.get()
        try await probe.writesDone()
    }

    @Test("it is told as stale and missing, never as known, and keeps its stamp wherever it is kept")
    func told() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road(ages) { probe in
                try await learn(probe)
                try await probe.advanceClock(ms: 60_000)
                let future = probe.start(7, games: 0b111)
                // Only what has aged is asked for.
                let questions = try await probe.questions(2)
                #expect(questions.map(\.game) == [1, 2])
                for question in questions { try await probe.fail(question) }
                let answer = try await future.get()
                #expect(answer.degraded && answer.missing == 0b110 && answer.stale == 0b110)
                #expect(answer.profile.known == 0b001 && answer.profile.staleAtS == Self.startS)
                #expect(answer.profile.game(1) == nil)

                try await probe.advanceClock(ms: 1_000_000)
                try await probe.passHold()
                let later = probe.start(7, games: 0b111)
                let all = try await probe.questions(3)
                try await probe.reply(all[1], RoleBody.role(5))
                for question in [all[0], all[2]] { try await probe.fail(question) }
                let mixed = try await later.get()
                #expect(mixed.missing == 0b101 && mixed.stale == 0b101 && mixed.profile.known == 0b010)
                #expect(mixed.profile.game(0)?.roles == [Role(region: 0, id: 4)])
                #expect(mixed.profile.staleAtS == Self.startS)
                try await probe.writesDone()
            }
            // Another process finds it in Redis, as stale as it was.
            try await fixture.road(ages) { probe in
                try await probe.advanceClock(ms: 1_061_000)
                let future = probe.start(7, games: 0b111)
                for question in try await probe.questions(2) { try await probe.fail(question) }
                let answer = try await future.get()
                #expect(answer.stale == 0b101 && answer.profile.known == 0b010)
                #expect(answer.profile.staleAtS == Self.startS)
            }
        }
    }

    @Test("a new answer takes its place; at the end of its second age it is forgotten")
    func ends() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road(ages) { probe in
                try await learn(probe)
                try await probe.advanceClock(ms: 4_999_000)
                let future = probe.start(7, games: 0b111)
                let questions = try await probe.questions(3)
                try await probe.reply(questions[1], RoleBody.role(9))
                for question in [questions[0], questions[2]] { try await probe.fail(question) }
                let answer = try await future.get()
                #expect(answer.stale == 0b101 && answer.profile.known == 0b010)
                #expect(answer.profile.games.map(\.game) == [0, 1])
                try await probe.advanceClock(ms: 1_000)
                try await probe.passHold()
                let last = probe.start(7, games: 0b111)
                for question in try await probe.questions(2) { try await probe.fail(question) }
                let rest = try await last.get()
                #expect(rest.stale == 0 && rest.missing == 0b101 && rest.profile.games.map(\.game) == [1])
            }
        }
    }

    @Test("promise 7: while a role service is left alone, lists come from the loop's cache at once, degraded")
    func leftAlone() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({
                ages(&$0)
                $0.absenceCacheLifeMs = 30_000
            }) { probe in
                try await learn(probe)
                try await probe.advanceClock(ms: 60_000)
                // Three failures, of three people, and one who hears of it.
                for user: UInt64 in [101, 102, 103] {
                    let future = probe.start(user, games: 0b100)
                    try await probe.fail(try await probe.questions(1)[0])
                    _ = try await future.get()
                }
                let first = probe.start(7, games: 0b111)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.role(5))
                #expect(try await first.get().missing == 0b100)
                let before = try await probe.counters
                for _ in 0..<50 {
                    let found = try #require(try await probe.load(7, games: 0b111))
                    #expect(found.missing == 0b100 && found.profile.stale == 0b100)
                    #expect(found.profile.known == 0b011)
                    let answer = try await probe.profile(7, games: 0b111)
                    #expect(answer.degraded && answer.missing == 0b100 && answer.stale == 0b100)
                }
                let after = try await probe.counters
                #expect(after.storeReads == before.storeReads && after.roleRefused == before.roleRefused)
                #expect(after.degradedAnswers == before.degradedAnswers + 100)
                // Nobody is told that everything is known.
                #expect(try await probe.onLoop { probe.road.cached(user: 7, games: 0b111) } == nil)
                #expect(try await probe.onLoop { probe.road.cached(user: 7, games: 0b011) } != nil)

                // The pause is over: one asks, the next ones do not wait for the answer.
                for _ in 0..<5 { try await probe.passHold() }
                let probing = probe.start(7, games: 0b111)
                let question = try await probe.questions(1)[0]
                let other = try await probe.profile(200, games: 0b100)
                #expect(other.degraded && other.missing == 0b100)
                try await probe.reply(question, RoleBody.absent)
                let whole = try await probing.get()
                #expect(!whole.degraded && whole.profile.stale == 0)
            }
        }
    }

    @Test("a late answer is kept, and what came before the deadline is not held up by it")
    func late() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road(ages) { probe in
                let future = probe.start(7, games: 0b011)
                let questions = try await probe.questions(2)
                try await probe.reply(questions[0], RoleBody.role(1))
                try await probe.passDeadline()
                #expect(try await future.get().missing == 0b010)
                try await probe.writesDone()
                // In Redis and in the cache already, while the other game's service still thinks.
                let bytes = try #require(try await probe.storedBytes(7))
                #expect(try ProfileCodec.decode(bytes, user: 7).known == 0b001)
                #expect(try await probe.load(7, games: 0b001)?.missing == 0)
                try await probe.reply(questions[1], RoleBody.role(2))
                try await probe.writesDone()
                #expect(try await probe.load(7, games: 0b011)?.missing == 0)
                let later = try #require(try await probe.storedBytes(7))
                #expect(try ProfileCodec.decode(later, user: 7).known == 0b011)
            }
        }
    }
}
