import Pacing
import Testing

@Suite("Game pacer")
struct GamePacerTests {
    /// 1,000 a second; 10 of tolerance, 4 slots.
    static func pacer(inheritsGhosts: Bool = false) throws -> GamePacer {
        let split = BurstSplit(try PacingLimit(perSecond: 1000, burst: 100), maxConcurrency: 4)
        var policy = CircuitBreaker.Policy()
        policy.silencesToOpen = 6
        return GamePacer(
            game: 3, split: split, breaker: policy, inheritsGhosts: inheritsGhosts, nowNs: 0)
    }

    @Test("live requests never exceed the slots")
    func concurrency() throws {
        var pacer = try Self.pacer()
        var permits: [Permit] = []
        while pacer.readiness(nowNs: secondNs) == .now { permits.append(pacer.start(nowNs: secondNs)) }
        #expect(permits.count == 4)
        #expect(permits[0].game == 3)
        #expect(pacer.readiness(nowNs: secondNs) == .onEvent)
        pacer.finished(permits[0], .succeeded, nowNs: secondNs)
        #expect(pacer.readiness(nowNs: secondNs) == .now)
    }

    @Test("what timed out keeps its slot until one second after the game answered something newer")
    func ghosts() throws {
        var pacer = try Self.pacer()
        var nowNs = secondNs
        var permits: [Permit] = []
        for _ in 0..<4 { permits.append(pacer.start(nowNs: nowNs)) }
        nowNs += secondNs
        for permit in permits[..<3] { pacer.finished(permit, .timedOut, nowNs: nowNs) }
        #expect((pacer.live, pacer.ghosts) == (1, 3))
        #expect(pacer.readiness(nowNs: nowNs) == .onEvent)
        // An answer to a request older than the ghosts proves nothing about them.
        pacer.finished(permits[3], .succeeded, nowNs: nowNs + 1)
        #expect(pacer.ghosts == 3)
        nowNs += 10 * secondNs
        #expect(pacer.ghosts == 3)
        let probe = pacer.start(nowNs: nowNs)
        #expect(pacer.readiness(nowNs: nowNs) == .onEvent)
        pacer.finished(probe, .failed, nowNs: nowNs)
        let next = pacer.start(nowNs: nowNs)
        #expect(pacer.readiness(nowNs: nowNs) == .from(nowNs + secondNs))
        #expect(pacer.readiness(nowNs: nowNs + secondNs) == .now)
        #expect(pacer.ghosts == 0)
        pacer.finished(next, .succeeded, nowNs: nowNs + secondNs)
    }

    @Test("one probe is always possible, and what it leaves unread is taken off the rate")
    func probesBeyondSlots() throws {
        var pacer = try Self.pacer()
        var nowNs = secondNs
        for expected in 1...20 {
            nowNs += 100 * secondNs
            #expect(pacer.readiness(nowNs: nowNs) == .now)
            let probe = pacer.start(nowNs: nowNs)
            if expected > 4 { #expect(pacer.readiness(nowNs: nowNs) == .onEvent) }
            pacer.finished(probe, .timedOut, nowNs: nowNs + secondNs)
            #expect(pacer.ghosts == expected)
            #expect(pacer.perSecond == Double(1000 - max(0, expected - 4)))
        }
    }

    @Test("a new pacer runs one at a time until a second after the first answer")
    func predecessor() throws {
        var pacer = try Self.pacer(inheritsGhosts: true)
        let first = pacer.start(nowNs: secondNs)
        #expect(pacer.readiness(nowNs: 2 * secondNs) == .onEvent)
        pacer.finished(first, .succeeded, nowNs: 2 * secondNs)
        let second = pacer.start(nowNs: 2 * secondNs)
        #expect(pacer.readiness(nowNs: 2 * secondNs) == .from(3 * secondNs))
        #expect(pacer.readiness(nowNs: 3 * secondNs) == .now)
        #expect(pacer.perSecond == 1000)
        pacer.finished(second, .withdrawn, nowNs: 3 * secondNs)
    }

    @Test("Retry-After holds the whole game in full; a shorter one after it does not shorten it")
    func hold() throws {
        var pacer = try Self.pacer()
        let permits = (0..<3).map { _ in pacer.start(nowNs: secondNs) }
        pacer.finished(permits[0], .throttled(retryAfterNs: 60 * secondNs), nowNs: secondNs)
        pacer.finished(permits[1], .throttled(retryAfterNs: nil), nowNs: secondNs)
        #expect(pacer.readiness(nowNs: 2 * secondNs) == .from(61 * secondNs))
        #expect(pacer.readiness(nowNs: 61 * secondNs) == .now)
        pacer.finished(permits[2], .throttled(retryAfterNs: .max), nowNs: secondNs)
        #expect(pacer.readiness(nowNs: 61 * secondNs) == .from(.max))
        pacer.clearHold()
        #expect(pacer.readiness(nowNs: 61 * secondNs) == .now)
    }

    @Test("a pause stops starts and nothing else")
    func pause() throws {
        var pacer = try Self.pacer()
        let permit = pacer.start(nowNs: secondNs)
        pacer.isPaused = true
        #expect(pacer.readiness(nowNs: secondNs) == .onEvent)
        pacer.finished(permit, .succeeded, nowNs: secondNs)
        pacer.isPaused = false
        #expect(pacer.readiness(nowNs: secondNs) == .now)
    }

    @Test("silence opens the breaker, and it says when to come back")
    func breaker() throws {
        var pacer = try Self.pacer()
        for _ in 0..<6 {
            let permit = pacer.start(nowNs: secondNs)
            pacer.finished(permit, .neverLeft, nowNs: secondNs)
        }
        #expect(pacer.breakerState == .open(untilNs: 2 * secondNs))
        #expect(pacer.readiness(nowNs: secondNs) == .from(2 * secondNs))
    }

    @Test("fewer slots take effect at once; what is unread beyond them slows the rate until it is gone")
    func fewerSlots() throws {
        var pacer = try Self.pacer()
        let permits = (0..<4).map { _ in pacer.start(nowNs: secondNs) }
        pacer.limitChanged(
            BurstSplit(try PacingLimit(perSecond: 100, burst: 10), maxConcurrency: 1), nowNs: secondNs)
        #expect(pacer.perSecond == 97)
        for permit in permits { pacer.finished(permit, .succeeded, nowNs: secondNs) }
        #expect(pacer.perSecond == 100)
    }
}
