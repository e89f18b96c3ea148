import Pacing
import Testing

@Suite("Circuit breaker")
struct CircuitBreakerTests {
    enum Start: CaseIterable { case closed, open, halfOpen }

    static let policy: CircuitBreaker.Policy = {
        var policy = CircuitBreaker.Policy()
        policy.failuresToOpen = 3
        policy.silencesToOpen = 2
        policy.probes = 2
        policy.openBaseNs = 10
        policy.openCapNs = 35
        return policy
    }()

    /// A breaker in that state at time 100, with one request of the state's generation under way (of the
    /// closed one before for `open`, where nothing may start).
    static func breaker(_ start: Start) -> (CircuitBreaker, generation: UInt32) {
        var breaker = CircuitBreaker(policy: policy)
        if start == .closed { return (breaker, breaker.started()) }
        let generation = breaker.started()
        for _ in 0..<2 { breaker.finished(generation: breaker.started(), .silence, nowNs: 90) }
        if start == .open { return (breaker, generation) }
        let admission = breaker.admission(nowNs: 100)
        precondition(admission == .allowed)
        let probe = breaker.started()
        return (breaker, probe)
    }

    @Test("one event in each state", arguments: Start.allCases, CircuitBreaker.Verdict.allCases)
    func table(start: Start, verdict: CircuitBreaker.Verdict) {
        var (breaker, generation) = Self.breaker(start)
        let before = breaker.state
        breaker.finished(generation: generation, verdict, nowNs: 100)
        switch (start, verdict) {
        case (.halfOpen, .failure), (.halfOpen, .silence): #expect(breaker.state == .open(untilNs: 120))
        default: #expect(breaker.state == before)
        }
        switch start {
        case .closed: #expect(breaker.admission(nowNs: 100) == .allowed)
        case .open:
            #expect(breaker.state == .open(untilNs: 100))
            #expect(breaker.admission(nowNs: 99) == .from(untilNs: 100))
            #expect(breaker.admission(nowNs: 100) == .allowed)
            #expect(breaker.state == .halfOpen)
        case .halfOpen:
            if breaker.state == .halfOpen { #expect(breaker.admission(nowNs: 100) == .allowed) }
        }
    }

    @Test("failures in a row open it; a success between them does not let them add up")
    func failures() {
        var breaker = CircuitBreaker(policy: Self.policy)
        for verdict in [CircuitBreaker.Verdict.failure, .failure, .success, .failure, .failure] {
            breaker.finished(generation: breaker.started(), verdict, nowNs: 1)
        }
        #expect(breaker.state == .closed)
        breaker.finished(generation: breaker.started(), .failure, nowNs: 1)
        #expect(breaker.state == .open(untilNs: 11))
    }

    @Test("in new hands one request that may lie unread opens it, until the game has answered once")
    func unproven() {
        var breaker = CircuitBreaker(policy: Self.policy)
        breaker.finished(generation: breaker.started(), .silence, isUnread: true, nowNs: 1)
        #expect(breaker.state == .open(untilNs: 11))
        for answer in [CircuitBreaker.Verdict.success, .failure, .alive] {
            var breaker = CircuitBreaker(policy: Self.policy)
            breaker.finished(generation: breaker.started(), answer, nowNs: 1)
            breaker.finished(generation: breaker.started(), .silence, isUnread: true, nowNs: 2)
            #expect(breaker.state == .closed, "\(answer)")
            breaker.doubt()
            breaker.finished(generation: breaker.started(), .silence, isUnread: true, nowNs: 3)
            #expect(breaker.state == .open(untilNs: 13), "\(answer)")
        }
        // What left nothing unread is no reason for such haste.
        var other = CircuitBreaker(policy: Self.policy)
        other.finished(generation: other.started(), .silence, nowNs: 1)
        #expect(other.state == .closed)
    }

    @Test("silences open it sooner; an answer of any kind breaks the silence")
    func silences() {
        var breaker = CircuitBreaker(policy: Self.policy)
        for verdict in [CircuitBreaker.Verdict.silence, .alive, .silence] {
            breaker.finished(generation: breaker.started(), verdict, nowNs: 1)
        }
        #expect(breaker.state == .closed)
        breaker = CircuitBreaker(policy: Self.policy)
        for _ in 0..<2 { breaker.finished(generation: breaker.started(), .silence, nowNs: 1) }
        #expect(breaker.state == .open(untilNs: 11))
    }

    @Test("half open lets few probes through, closes when all were good and opens for twice as long if not")
    func probes() {
        var (breaker, first) = Self.breaker(.halfOpen)
        let second = breaker.started()
        #expect(breaker.admission(nowNs: 100) == .blocked)
        breaker.finished(generation: first, .alive, nowNs: 101)
        #expect(breaker.admission(nowNs: 101) == .allowed)
        breaker.finished(generation: second, .success, nowNs: 101)
        #expect(breaker.admission(nowNs: 101) == .allowed)
        let third = breaker.started()
        #expect(breaker.admission(nowNs: 101) == .blocked)
        breaker.finished(generation: third, .success, nowNs: 102)
        #expect(breaker.state == .closed)
    }

    @Test("the pause doubles up to its cap and is short again after a recovery")
    func pauses() {
        var (breaker, generation) = Self.breaker(.halfOpen)
        var nowNs: UInt64 = 100
        for pauseNs: UInt64 in [20, 35, 35] {
            breaker.finished(generation: generation, .failure, nowNs: nowNs)
            #expect(breaker.state == .open(untilNs: nowNs + pauseNs))
            nowNs += pauseNs
            #expect(breaker.admission(nowNs: nowNs) == .allowed)
            generation = breaker.started()
        }
        let other = breaker.started()
        breaker.finished(generation: generation, .success, nowNs: nowNs)
        breaker.finished(generation: other, .success, nowNs: nowNs)
        #expect(breaker.state == .closed)
        for _ in 0..<2 { breaker.finished(generation: breaker.started(), .silence, nowNs: nowNs) }
        #expect(breaker.state == .open(untilNs: nowNs + 10))
    }

    @Test("results of requests from before the last change are ignored")
    func generations() {
        var (breaker, old) = Self.breaker(.open)
        #expect(breaker.admission(nowNs: 100) == .allowed)
        breaker.finished(generation: old, .failure, nowNs: 100)
        breaker.finished(generation: old, .success, nowNs: 100)
        breaker.finished(generation: old, .success, nowNs: 100)
        #expect(breaker.state == .halfOpen)
    }
}

@Suite("Retry schedule")
struct RetryScheduleTests {
    @Test("a delay lies between nothing and the doubled base, never above the cap")
    func bounds() {
        let schedule = RetrySchedule(baseMs: 200, capMs: 60_000)
        var bits = SeededBits(3)
        for attempt in 1...80 {
            let ceilingMs = schedule.ceilingMs(attempt: attempt)
            #expect(ceilingMs == min(60_000, attempt > 20 ? 60_000 : 200 << (attempt - 1)))
            for _ in 0..<200 {
                let delayMs = schedule.delayMs(attempt: attempt, random: bits.next(), retryAfterMs: nil)
                #expect((0...ceilingMs).contains(delayMs))
            }
            #expect(schedule.delayMs(attempt: attempt, random: 0, retryAfterMs: nil) == 0)
            #expect(schedule.delayMs(attempt: attempt, random: .max, retryAfterMs: nil) == ceilingMs)
        }
        #expect(schedule.ceilingMs(attempt: .max) == 60_000)
    }

    @Test("the jitter fills its range evenly")
    func jitter() {
        let schedule = RetrySchedule(baseMs: 1000, capMs: 1000)
        var bits = SeededBits(4)
        var sum: Int64 = 0
        for _ in 0..<10_000 { sum += schedule.delayMs(attempt: 1, random: bits.next(), retryAfterMs: nil) }
        #expect((480...520).contains(sum / 10_000))
    }

    @Test("Retry-After is honoured in full, even above the cap")
    func retryAfter() {
        let schedule = RetrySchedule(baseMs: 200, capMs: 60_000)
        #expect(schedule.delayMs(attempt: 1, random: .max, retryAfterMs: 7_200_000) == 7_200_000)
        #expect(schedule.delayMs(attempt: 3, random: .max, retryAfterMs: 10) == 800)
    }
}
