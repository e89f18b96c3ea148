import NIOCore
import ProfileRoad
import Profiles
import Testing

@Suite("Asking anew, for a claim that the known answer would refuse")
struct RefreshTests {
    /// Makes person 7 known to have no role in game 0.
    private func makeAbsent(_ probe: RoadProbe) async throws {
        let future = probe.start(7, games: 1)
        try await probe.reply(try await probe.questions(1)[0], RoleBody.absent)
        #expect(try await future.get().profile.absences == 1)
    }

    @Test("the role made since is found, and known from then on, here and in Redis")
    func finds() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({ $0.holdMs = 1 }) { probe in
                try await makeAbsent(probe)
                try await probe.passHold()
                let future = probe.start(7, games: 0, refresh: 0)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.role(9))
                let answer = try await future.get()
                #expect(!answer.degraded && answer.profile.game(0)?.roles == [Role(region: 0, id: 9)])
                #expect(try await probe.profile(7, games: 1).profile == answer.profile)
            }
            try await fixture.road { probe in
                let stored = try await probe.profile(7, games: 1)
                #expect(stored.profile.game(0)?.roles == [Role(region: 0, id: 9)])
            }
        }
    }

    @Test("an answer of a moment ago stands")
    func fresh() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({ $0.holdMs = 3_600_000 }) { probe in
                try await makeAbsent(probe)
                let answer = try await probe.start(7, games: 0, refresh: 0).get()
                #expect(!answer.degraded && answer.missing == 0 && answer.profile.knows(0))
                #expect(try await probe.counters.roleQuestions == 1)
            }
        }
    }

    @Test("where it cannot be asked, the older answer stands and the game is named missing")
    func fails() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({ $0.holdMs = 1 }) { probe in
                try await makeAbsent(probe)
                try await probe.passHold()
                let future = probe.start(7, games: 0, refresh: 0)
                try await probe.fail(try await probe.questions(1)[0])
                let answer = try await future.get()
                #expect(answer.degraded && answer.missing == 1 && answer.profile.knows(0))
            }
        }
    }

    @Test("of a person nobody has asked for it is a plain question")
    func unknownPerson() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road { probe in
                let future = probe.start(8, games: 0, refresh: 2)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.role(1))
                #expect(try await future.get().profile.known == 0b100)
            }
        }
    }
}
