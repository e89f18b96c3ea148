import NIOCore
import ProfileRoad
import Profiles
import Redis
import Stack
import Testing

@Suite("A store of profiles that is away, dies, or hangs")
struct StoreOutageTests {
    /// Has person 7 known in all three games: a role in the first, none in the others.
    private func learn(_ probe: RoadProbe) async throws -> Profile {
        let future = probe.start(7, games: 0b111)
        try await probe.answer(3) { $0 == 0 ? RoleBody.role(4) : RoleBody.absent }
        let profile = try await future.get().profile
        try await probe.writesDone()
        return profile
    }

    @Test("without Redis the role services are asked, the answer is marked, and nothing is written over")
    func notConnected() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road(isConnected: false) { probe in
                let future = probe.start(7, games: 1)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.role(4))
                let answer = try await future.get()
                #expect(answer.degraded && answer.missing == 0 && answer.profile.known == 1)
                let counters = try await probe.counters
                #expect(counters.storeFailures == 1 && counters.storeWrites == 0)
                // Kept, but not for long.
                try await probe.advanceClock(ms: 1_000)
                #expect(try await probe.load(7, games: 1)?.missing == 0)
                try await probe.advanceClock(ms: 1_000)
                #expect(try await probe.load(7, games: 1) == nil)
                // Then Redis is looked for again; what is known is still known.
                let again = try await probe.profile(7, games: 1)
                #expect(again.degraded && again.missing == 0 && again.profile == answer.profile)
                #expect(try await probe.counters.roleQuestions == 1)
            }
        }
    }

    @Test("Redis down at the start and there later: what was found out without it is written then")
    func startsLate() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road(isConnected: false) { probe in
                let future = probe.start(7, games: 1)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.role(4))
                _ = try await future.get()
                try await probe.redis.ready(within: .seconds(10))
                try await probe.advanceClock(ms: 3_000)
                let answer = try await probe.profile(7, games: 1)
                #expect(!answer.degraded && answer.profile.known == 1)
                try await probe.writesDone()
                let bytes = try await probe.storedBytes(7)
                #expect(try ProfileCodec.decode(try #require(bytes), user: 7) == answer.profile)
                #expect(try await probe.counters.roleQuestions == 1)
            }
        }
    }

    @Test("Redis dies: lists come from what the loop remembers, and go on when it is back")
    func dies() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road { probe in
                let known = try await learn(probe)
                fixture.server.kill9()
                // Within the entry's life nobody notices; past it, Redis would be looked at.
                #expect(try await probe.load(7, games: 0b111)?.missing == 0)
                try await probe.advanceClock(ms: 31_000)
                #expect(try await probe.load(7, games: 0b111) == nil)
                let answer = try await probe.profile(7, games: 0b111)
                #expect(answer.degraded && answer.missing == 0 && answer.profile == known)
                #expect(try await probe.counters.roleQuestions == 3)

                try fixture.server.restart(keepingData: true)
                try await probe.redis.ready(within: .seconds(10))
                try await probe.passHold()
                try await probe.advanceClock(ms: 3_000)
                let later = try await probe.profile(7, games: 0b111)
                #expect(!later.degraded && later.profile == known)
            }
        }
    }

    @Test("Redis comes back empty: what the loop still knows is written again")
    func comesBackEmpty() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road { probe in
                let known = try await learn(probe)
                try fixture.server.restart(keepingData: false)
                // The old connection is gone first, then there is a new one.
                while (try? await probe.redis.send(.make("PING"))) == nil {
                    try await probe.redis.ready(within: .seconds(10))
                }
                try await probe.advanceClock(ms: 6_000)
                let answer = try await probe.profile(7, games: 0b111)
                #expect(!answer.degraded && answer.profile == known)
                try await probe.writesDone()
                let bytes = try await probe.storedBytes(7)
                #expect(try ProfileCodec.decode(try #require(bytes), user: 7) == known)
            }
        }
    }

    @Test("Redis hangs: a few wait for their time-out, then nobody, and one asks when it may be back")
    func hangs() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({
                $0.redisTimeoutMs = 50
                $0.storeFailuresToPause = 2
                $0.storePauseMs = 500
            }) { probe in
                let known = try await learn(probe)
                try await probe.advanceClock(ms: 6_000)
                fixture.server.pause()
                for _ in 0..<2 {
                    let answer = try await probe.profile(7, games: 0b111)
                    #expect(answer.degraded && answer.missing == 0 && answer.profile == known)
                    try await probe.advanceClock(ms: 6_000)
                }
                // Left alone: no command leaves, and the answer comes in the same tick.
                let sent = try await probe.onLoop { probe.redis.counters.sent }
                for _ in 0..<20 {
                    #expect(try await probe.profile(7, games: 0b111).profile.known == known.known)
                    try await probe.advanceClock(ms: 2_001)
                }
                #expect(try await probe.onLoop { probe.redis.counters.sent } == sent)
                fixture.server.resume()
                try await probe.redis.ready(within: .seconds(10))
                _ = try await probe.redis.send(.make("PING"))
                try await probe.passHold()
                try await probe.setClock(ms: 1_771_000_050_000)
                let answer = try await probe.profile(7, games: 0b111)
                #expect(!answer.degraded && answer.profile == known)
            }
        }
    }

    @Test("a deadline that passes while Redis hangs: what the loop remembers, and nothing else")
    func deadlineWhileHanging() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road { probe in
                let known = try await learn(probe)
                try await probe.advanceClock(ms: 31_000)
                fixture.server.pause()
                let (seven, eight) = (probe.start(7, games: 0b111), probe.start(8, games: 0b111))
                try await probe.passDeadline()
                let (answer, stranger) = try await (seven.get(), eight.get())
                #expect(answer.degraded && answer.missing == 0 && answer.profile == known)
                #expect(stranger.degraded && stranger.missing == 0b111 && stranger.profile.isEmpty)
                #expect(try await probe.unansweredQuestions == 0)
                fixture.server.resume()
                try await probe.readsDone()
                #expect(try await probe.inProgress == 0)
            }
        }
    }
}
