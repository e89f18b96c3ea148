import NIOCore
import NIOPosix
import ProfileRoad
import Profiles
import Synchronization
import Testing

/// Takes the questions of an exchange that several roads share, and answers when the test says.
private final class QuestionBox: Sendable {
    private struct State {
        var questions: [RoleQuestion] = []
        var waiting: (count: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    func take(_ questions: [RoleQuestion]) {
        let ready = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.questions += questions
            guard let waiting = state.waiting, state.questions.count >= waiting.count else { return nil }
            state.waiting = nil
            return waiting.continuation
        }
        ready?.resume()
    }

    /// The first `count` questions, once there are so many.
    func questions(_ count: Int) async -> [RoleQuestion] {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if state.questions.count >= count { return true }
                state.waiting = (count, continuation)
                return false
            }
            if isReady { continuation.resume() }
        }
        return state.withLock { state in
            defer { state.questions.removeFirst(count) }
            return Array(state.questions.prefix(count))
        }
    }

    var count: Int { state.withLock { $0.questions.count } }
}

@Suite("Several loops' roads, and one exchange of the process")
struct ExchangeTests {
    /// Runs the body with two roads on two loops, their exchange, and what it asks.
    private func with(
        _ change: (inout ProfileRoadOptions) -> Void = { _ in },
        _ body: (RoadProbe, RoadProbe, RoleExchange, QuestionBox) async throws -> Void
    ) async throws {
        try await RoadFixture.with(loops: 2) { fixture in
            var options = RoadFixture.options
            change(&options)
            let box = QuestionBox()
            let exchange = RoleExchange(options: options) { box.take($0) }
            let loops: [any EventLoop] = Array(fixture.group.makeIterator())
            try await fixture.road(on: loops[0], exchange: exchange, change) { first in
                try await fixture.road(on: loops[1], exchange: exchange, change) { second in
                    try await body(first, second, exchange, box)
                }
            }
        }
    }

    private func reply(
        _ exchange: RoleExchange, _ question: RoleQuestion, _ body: String, at nowNs: UInt64 = 1_000_000_000
    ) {
        exchange.replied(
            [RoleReply(token: question.token, result: .answered(status: 200, body: Array(body.utf8)))],
            nowNs: nowNs)
    }

    @Test("a person's question about a game is under way once in the process, and all get its answer")
    func singleFlight() async throws {
        try await with { first, second, exchange, box in
            let one = first.start(7, games: 0b11)
            let questions = await box.questions(2)
            let two = second.start(7, games: 0b11)
            try await second.readsDone()
            #expect(try await second.counters.roleJoined == 2 && box.count == 0)
            for question in questions { reply(exchange, question, RoleBody.role(UInt64(question.game) + 1)) }
            let (here, there) = try await (one.get(), two.get())
            #expect(!here.degraded && !there.degraded && here.profile.games == there.profile.games)
            #expect(here.profile.games.map { $0.roles[0].id } == [1, 2])
            let (asker, joiner) = try await (first.counters, second.counters)
            #expect(asker.roleQuestions == 2 && asker.roleAnswers == 2 && asker.roleJoined == 0)
            #expect(joiner.roleQuestions == 0 && joiner.roleAnswers == 0)
            #expect(exchange.load.inFlight == 0)
        }
    }

    @Test("caps are the process's: over all roads no more are in flight")
    func caps() async throws {
        try await with({
            $0.maxCalls = 100
            $0.maxCallsAGame = 4
        }) { first, second, exchange, box in
            var futures: [EventLoopFuture<ProfileAnswer>] = []
            for user: UInt64 in 1...20 {
                futures.append((user % 2 == 0 ? first : second).start(user, games: 1))
            }
            try await first.readsDone()
            try await second.readsDone()
            #expect(exchange.load == (4, 16))
            for _ in 0..<20 {
                let question = await box.questions(1)[0]
                #expect(exchange.load.inFlight <= 4)
                reply(exchange, question, RoleBody.role(question.user))
            }
            for future in futures {
                let answer = try await future.get()
                #expect(!answer.degraded && answer.profile.game(0)?.roles[0].id == answer.profile.user)
            }
        }
    }

    @Test("promise 7: a service that hangs or fails is left alone by all roads, and asked by one")
    func health() async throws {
        try await with({
            $0.failuresToPause = 3
            $0.pauseMs = 10_000
        }) { first, second, exchange, box in
            for user: UInt64 in 1...3 {
                let future = first.start(user, games: 1)
                let question = await box.questions(1)[0]
                exchange.replied([RoleReply(token: question.token, result: .failed)], nowNs: 1_000_000_000)
                #expect(try await future.get().missing == 1)
            }
            // The other road is refused at once; another game is asked.
            let answer = try await second.profile(9, games: 1)
            #expect(answer.degraded && answer.missing == 1)
            let whole = second.start(9, games: 0b10)
            reply(exchange, await box.questions(1)[0], RoleBody.absent)
            #expect(try await !whole.get().degraded)
            for _ in 0..<10 {
                try await first.passHold()
                try await second.passHold()
            }
            let probing = second.start(9, games: 1)
            let question = await box.questions(1)[0]
            #expect(try await first.profile(10, games: 1).missing == 1)
            reply(exchange, question, RoleBody.role(1))
            #expect(try await probing.get().missing == 0)
        }
    }

    @Test("a road that no longer wants an answer leaves it to the one that does")
    func leaves() async throws {
        try await with({ $0.maxCalls = 1 }) { first, second, exchange, box in
            let busy = first.start(1, games: 1)
            let question = await box.questions(1)[0]
            let one = first.start(7, games: 1)
            let gone = first.start(8, games: 1)
            try await first.readsDone()
            let two = second.start(7, games: 1)
            try await second.readsDone()
            try await first.passDeadline()
            for future in [busy, one, gone] { #expect(try await future.get().degraded) }
            #expect(try await first.inProgress == 1)
            reply(exchange, question, RoleBody.role(1))
            let next = await box.questions(1)[0]
            #expect(next.user == 7)
            reply(exchange, next, RoleBody.role(70))
            #expect(try await two.get().profile.game(0)?.roles[0].id == 70)
            #expect(exchange.load == (0, 0))
            #expect(try await first.inProgress == 0)
        }
    }

    @Test("an answer that another road got a moment ago is a refresh's answer, with the age it has")
    func freshElsewhere() async throws {
        try await with({ $0.holdMs = 3_600_000 }) { first, second, exchange, box in
            for probe in [first, second] {
                let future = probe.start(7, games: 0b001)
                if probe === first { reply(exchange, await box.questions(1)[0], RoleBody.absent) }
                #expect(try await future.get().profile.absences == 1)
                try await probe.writesDone()
            }
            // The person registers, and says so on the first loop, once the older answer is no longer held.
            for _ in 0..<3601 { try await first.passHold() }
            let refreshed = first.start(7, games: 0, refresh: 0)
            let nowNs: UInt64 = 3_602_000_000_000
            reply(exchange, await box.questions(1)[0], RoleBody.role(5), at: nowNs)
            #expect(try await refreshed.get().profile.game(0)?.roles[0].id == 5)
            // The second loop asks anew as well, ten seconds later: nobody is asked.
            for _ in 0..<3611 { try await second.passHold() }
            try await second.advanceClock(ms: 10_000)
            let answer = try await second.start(7, games: 0, refresh: 0).get()
            #expect(answer.profile.game(0)?.roles[0].id == 5 && !answer.degraded && box.count == 0)
            #expect(answer.profile.fetchedAtS == 1_771_000_000)
        }
    }
}
