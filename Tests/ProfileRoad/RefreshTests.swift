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

    @Test("unless the caller sees to it that nobody asks too often: then it is asked whatever was answered")
    func always() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({ $0.holdMs = 3_600_000 }) { probe in
                try await makeAbsent(probe)
                let future = probe.start(7, games: 0, refresh: 0, always: true)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.role(9))
                #expect(try await future.get().profile.game(0)?.roles == [Role(region: 0, id: 9)])
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

    @Test("the answer tells of the other games, too, and waits for them as a list does")
    func wholeList() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({ $0.holdMs = 1 }) { probe in
                try await makeAbsent(probe)
                try await probe.passHold()
                let future = probe.start(7, games: 0b111, refresh: 0)
                let questions = try await probe.questions(3).sorted { $0.game < $1.game }
                #expect(questions.map(\.game) == [0, 1, 2])
                try await probe.reply(questions[0], RoleBody.role(9))
                try await probe.reply(questions[1], RoleBody.absent)
                try await probe.reply(questions[2], RoleBody.role(3))
                let answer = try await future.get()
                #expect(!answer.degraded && answer.profile.known == 0b111 && answer.profile.absences == 0b010)
            }
        }
    }

    @Test("a person who has just registered is known to another process within the absence's cache life")
    func otherProcess() async throws {
        try await RoadFixture.with { fixture in
            let change: (inout ProfileRoadOptions) -> Void = {
                $0.holdMs = 1
                $0.absenceCacheLifeMs = 5_000
            }
            try await fixture.road(change) { here in
                try await fixture.road(change) { there in
                    try await makeAbsent(here)
                    try await here.writesDone()
                    #expect(try await there.profile(7, games: 1).profile.absences == 1)
                    try await here.passHold()
                    let future = here.start(7, games: 0, refresh: 0)
                    try await here.reply(try await here.questions(1)[0], RoleBody.role(9))
                    _ = try await future.get()
                    try await here.writesDone()
                    // It still has the older answer, which was right when it was given, for a moment.
                    #expect(try await there.load(7, games: 1)?.profile.absences == 1)
                    try await there.advanceClock(ms: 5_000)
                    let answer = try await there.profile(7, games: 1)
                    #expect(answer.profile.game(0)?.roles == [Role(region: 0, id: 9)] && !answer.degraded)
                    #expect(try await there.counters.roleQuestions == 0)
                }
            }
        }
    }

    @Test("the new answer is in Redis at once, though another game's service still thinks about the person")
    func storedAtOnce() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({ $0.holdMs = 1 }) { probe in
                try await makeAbsent(probe)
                try await probe.passHold()
                let list = probe.start(7, games: 0b011)
                let slow = try await probe.questions(1)[0]
                #expect(slow.game == 1)
                let future = probe.start(7, games: 0, refresh: 0)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.role(9))
                #expect(try await !future.get().degraded)
                try await probe.writesDone()
                let bytes = try #require(try await probe.storedBytes(7))
                let stored = try ProfileCodec.decode(bytes, user: 7)
                #expect(stored.known == 1 && stored.game(0)?.roles == [Role(region: 0, id: 9)])
                try await probe.reply(slow, RoleBody.absent)
                #expect(try await list.get().profile.known == 0b011)
            }
        }
    }

    @Test("a profile without absences has the whole cache life")
    func presentLife() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({ $0.absenceCacheLifeMs = 5_000 }) { probe in
                let future = probe.start(7, games: 1)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.role(9))
                _ = try await future.get()
                try await probe.advanceClock(ms: 29_999)
                #expect(try await probe.load(7, games: 1)?.missing == 0)
                try await probe.advanceClock(ms: 1)
                #expect(try await probe.load(7, games: 1) == nil)
            }
        }
    }
}
