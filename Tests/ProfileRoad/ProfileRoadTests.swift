import NIOCore
import ProfileRoad
import Profiles
import Redis
import Testing

@Suite("The way to a profile")
struct ProfileRoadTests {
    @Test("each needed game is asked once; then the cache knows, and another process finds it in Redis")
    func coldThenWarm() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road { probe in
                let future = probe.start(7, games: 0b101)
                let questions = try await probe.questions(2)
                #expect(
                    questions.map(\.url) == ["http://roles.test/g0?user=7", "http://roles.test/g2?user=7"])
                try await probe.reply(questions[1], RoleBody.absent)
                try await probe.reply(questions[0], RoleBody.role(70))
                let answer = try await future.get()
                #expect(answer.missing == 0 && !answer.degraded)
                #expect(answer.profile.known == 0b101)
                #expect(answer.profile.game(0)?.roles == [Role(region: 0, id: 70)])
                #expect(answer.profile.game(2) == nil)

                let again = try await probe.profile(7, games: 0b100)
                #expect(again.profile == answer.profile)
                let counters = try await probe.counters
                #expect(counters.cacheHits == 1 && counters.roleQuestions == 2 && counters.storeWrites == 1)
                #expect(try await probe.inProgress == 0)
            }
            try await fixture.road { probe in
                let answer = try await probe.profile(7, games: 0b101)
                #expect(answer.profile.game(0)?.roles == [Role(region: 0, id: 70)] && !answer.degraded)
                let counters = try await probe.counters
                #expect(counters.storeHits == 1 && counters.roleQuestions == 0)
            }
        }
    }

    @Test("the misses of one tick go out in one MGET")
    func oneRead() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road { probe in
                let futures = try await probe.onLoop {
                    (1...40).map { user in
                        let promise = probe.loop.makePromise(of: ProfileAnswer.self)
                        probe.road.profile(user: UInt64(user), games: 1) { promise.succeed($0) }
                        return promise.futureResult
                    }
                }
                for question in try await probe.questions(40) {
                    try await probe.reply(question, RoleBody.absent)
                }
                for future in futures { #expect(try await future.get().missing == 0) }
                let counters = try await probe.counters
                #expect(counters.storeReads == 1 && counters.storeMisses == 40)
                let stats = try await probe.redis.send(.make("INFO", "commandstats")).string ?? ""
                #expect(stats.contains("cmdstat_mget:calls=1,") && !stats.contains("cmdstat_get:calls=1,"))
            }
        }
    }

    @Test("whoever asks for the same person meanwhile joins: one read, one question a game")
    func singleFlight() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road { probe in
                let first = probe.start(7, games: 0b011)
                let second = probe.start(7, games: 0b110)
                let questions = try await probe.questions(3)
                let third = probe.start(7, games: 0b001)
                try await probe.reply(questions[0], RoleBody.role(1))
                // The third has all it asked for.
                #expect(try await third.get().missing == 0)
                try await probe.reply(questions[1], RoleBody.role(2))
                #expect(try await first.get().profile.known == 0b011)
                try await probe.reply(questions[2], RoleBody.role(3))
                #expect(try await second.get().profile.known == 0b111)
                let counters = try await probe.counters
                #expect(counters.roleQuestions == 3 && counters.storeReads == 1, "\(counters)")
                // Written whenever somebody has all they asked for: what has come does not wait for the rest.
                // While Redis gets to know the script a later write may overtake one, and is then repeated.
                let repeats = counters.storeConflicts
                #expect((3...3 + repeats).contains(counters.storeWrites), "\(counters)")
            }
        }
    }

    @Test("after the deadline it answers with what it has, and keeps what comes later")
    func deadline() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road { probe in
                let future = probe.start(7, games: 0b011)
                let questions = try await probe.questions(2)
                try await probe.reply(questions[0], RoleBody.role(1))
                try await probe.passDeadline()
                let answer = try await future.get()
                #expect(answer.degraded && answer.missing == 0b010)
                #expect(answer.profile.known == 0b001)
                #expect(try await probe.inProgress == 1)
                try await probe.reply(questions[1], RoleBody.role(2))
                #expect(try await probe.inProgress == 0)
                let later = try await probe.profile(7, games: 0b011)
                #expect(!later.degraded && later.profile.known == 0b011)
            }
        }
    }

    @Test("a failure leaves the game unknown, is not stored, and is not asked again at once")
    func failures() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({ $0.holdMs = 3_600_000 }) { probe in
                let future = probe.start(7, games: 0b111)
                let questions = try await probe.questions(3)
                try await probe.fail(questions[0])
                try await probe.reply(questions[1], RoleBody.role(1), status: 503)
                try await probe.reply(questions[2], #"{"registered_at": 5}"#)
                let answer = try await future.get()
                #expect(answer.degraded && answer.missing == 0b111 && answer.profile.known == 0)
                let again = try await probe.profile(7, games: 0b111)
                #expect(again.missing == 0b111)
                #expect(try await probe.unansweredQuestions == 0)
                let counters = try await probe.counters
                #expect(counters.roleFailures == 2 && counters.roleMalformed == 1)
                #expect(counters.roleRefused == 3 && counters.storeWrites == 0)
                #expect(counters.degradedAnswers == 2)
            }
        }
    }

    @Test("absences age sooner than roles")
    func ageing() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({
                $0.ages = ProfileAges(presentS: 1000, absentS: 60)
                $0.cacheLifeMs = 100_000_000
            }) { probe in
                let first = probe.start(7, games: 0b11)
                let questions = try await probe.questions(2)
                try await probe.reply(questions[0], RoleBody.role(1))
                try await probe.reply(questions[1], RoleBody.absent)
                _ = try await first.get()
                try await probe.advanceClock(ms: 59_000)
                #expect(try await probe.profile(7, games: 0b11).missing == 0)
                try await probe.advanceClock(ms: 1_000)
                let second = probe.start(7, games: 0b11)
                let question = try await probe.questions(1)[0]
                #expect(question.url.contains("/g1?"))
                try await probe.reply(question, RoleBody.role(2))
                #expect(try await second.get().profile.games.map(\.game) == [0, 1])
                try await probe.advanceClock(ms: 940_000)
                _ = probe.start(7, games: 0b11)
                #expect(try await probe.questions(2).count == 2)
            }
        }
    }

    @Test("nobody's question is put when nobody waits for it any more")
    func droppedQuestions() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({ $0.maxCalls = 1 }) { probe in
                let first = probe.start(1, games: 1)
                let question = try await probe.questions(1)[0]
                let second = probe.start(2, games: 1)
                try await probe.readsDone()
                try await probe.passDeadline()
                let (one, two) = try await (first.get(), second.get())
                #expect(one.degraded && two.degraded)
                try await probe.reply(question, RoleBody.absent)
                #expect(try await probe.counters.roleQuestions == 1)
                #expect(try await probe.inProgress == 0)
            }
        }
    }

    @Test("beyond the people it may work on it answers at once, degraded")
    func tooManyPeople() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({ $0.maxPeople = 1 }) { probe in
                let first = probe.start(1, games: 1)
                let answer = try await probe.profile(2, games: 0b11)
                #expect(answer.degraded && answer.missing == 0b11 && answer.profile.user == 2)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.absent)
                #expect(try await !first.get().degraded)
            }
        }
    }
}
