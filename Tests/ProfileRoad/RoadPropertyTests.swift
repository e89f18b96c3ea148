import NIOCore
import ProfileRoad
import Profiles
import Testing
import Wire

@Suite("A road under all kinds of luck")
struct RoadPropertyTests {
    /// What game `game` says of `user`, for ever.
    private static func truth(_ user: UInt64, _ game: UInt8) -> UInt64? {
        let word = splitMix64(user << 8 | UInt64(game))
        return word % 3 == 0 ? nil : word
    }

    @Test(
        "every call is answered once, never with anything but the truth, and nothing is left over",
        arguments: 1...4)
    func truthOrNothing(_ seed: UInt64) async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({
                $0.maxCalls = 5
                $0.maxCallsAGame = 3
                $0.holdMs = 1
                $0.failuresToPause = 4
                $0.pauseMs = 1
                $0.cacheBytes = 4000
            }) { probe in
                var random = SplitMix64(seed: seed)
                var futures: [EventLoopFuture<ProfileAnswer>] = []
                for _ in 0..<300 {
                    let user = UInt64.random(in: 1...20, using: &random)
                    let refresh = random.next() % 5 == 0 ? UInt8.random(in: 0...2, using: &random) : nil
                    futures.append(
                        probe.start(user, games: .random(in: 0...7, using: &random), refresh: refresh))
                    if random.next() % 20 == 0 { try await probe.passHold() }
                    if random.next() % 2 == 0 { try await reply(probe, using: &random) }
                }
                while try await probe.inProgress > 0 { try await reply(probe, using: &random) }
                for future in futures {
                    let answer = try await future.get()
                    for game: UInt8 in 0..<3 where answer.profile.knows(game) {
                        #expect(
                            answer.profile.game(game)?.roles.first?.id
                                == Self.truth(answer.profile.user, game))
                    }
                    #expect(answer.degraded == (answer.missing != 0))
                }
                let counters = try await probe.counters
                #expect(counters.answers == 300)
                #expect(
                    counters.roleQuestions
                        == counters.roleAnswers + counters.roleFailures + counters.roleMalformed)
                #expect(counters.storeDamaged == 0 && counters.storeFailures == 0)
            }
        }
    }

    /// Answers one question that is there, if any: truly, with garbage, or not at all.
    private func reply(_ probe: RoadProbe, using random: inout SplitMix64) async throws {
        let count = try await probe.unansweredQuestions
        guard count > 0 else { return }
        let question = try await probe.takeQuestion(at: Int.random(in: 0..<count, using: &random))
        switch random.next() % 6 {
        case 0: try await probe.fail(question)
        case 1: try await probe.reply(question, "garbage")
        case 2: try await probe.reply(question, "", status: 500)
        default:
            let body = Self.truth(question.user, question.game).map(RoleBody.role) ?? RoleBody.absent
            try await probe.reply(question, body)
        }
    }
}
