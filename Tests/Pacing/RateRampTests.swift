import Pacing
import Testing

@Suite("Coming back by a ramp")
struct RateRampTests {
    @Test("from a tenth to the whole in five seconds, by steps of a tenth of a second")
    func shape() {
        var ramp = RateRamp()
        #expect(ramp.permille(nowNs: 7) == 1_000 && ramp.nextStepNs(nowNs: 7) == nil)
        ramp.restart(atNs: secondNs)
        #expect(ramp.permille(nowNs: 0) == 100 && ramp.permille(nowNs: secondNs) == 100)
        #expect(ramp.nextStepNs(nowNs: 0) == secondNs)
        #expect(ramp.nextStepNs(nowNs: secondNs) == secondNs + 100 * msNs)
        var last = 100
        for tick in 1...50 {
            let permille = ramp.permille(nowNs: secondNs + UInt64(tick) * 100 * msNs)
            #expect(permille - last == 18)
            last = permille
        }
        #expect(last == 1_000 && ramp.nextStepNs(nowNs: 6 * secondNs) == nil)
        #expect(ramp.permille(nowNs: .max) == 1_000)
    }

    @Test("each 429 halves it, down to a tenth; a long hold makes it begin anew")
    func halving() {
        var ramp = RateRamp()
        for expected in [500, 250, 125, 100, 100] {
            ramp.halve(nowNs: secondNs, resumeNs: secondNs)
            #expect(ramp.permille(nowNs: secondNs) == expected)
        }
        ramp = RateRamp()
        ramp.halve(nowNs: secondNs, resumeNs: .max)
        #expect(ramp.permille(nowNs: 90 * secondNs) == 100)
        #expect(ramp.nextStepNs(nowNs: secondNs) == .max)
        ramp.resume(nowNs: 90 * secondNs)
        #expect(ramp.permille(nowNs: 91 * secondNs) == 280)
    }

    /// Starts of each half second after `fromNs`, at a game that answers at once.
    static func halves(_ pacer: inout GamePacer, fromNs: UInt64, count: Int) -> [Int] {
        var counts = Array(repeating: 0, count: count)
        var nowNs = fromNs
        while nowNs < fromNs + UInt64(count) * 500 * msNs {
            if pacer.readiness(nowNs: nowNs) == .now {
                let permit = pacer.start(nowNs: nowNs)
                pacer.finished(permit, .succeeded, nowNs: nowNs + 1_000)
                counts[Int((nowNs - fromNs) / (500 * msNs))] += 1
            }
            nowNs += msNs / 4
        }
        return counts
    }

    static func expectRamp(_ counts: [Int], perSecond: Double) {
        for (index, count) in counts.enumerated() {
            // The share in the middle of that half second.
            let share = min(1, 0.1 + 0.9 * (Double(index) * 0.5 + 0.2) / 5)
            let expected = perSecond / 2 * share
            #expect(abs(Double(count) - expected) <= expected * 0.05 + 3, "half second \(index): \(counts)")
        }
    }

    @Test("promise 6: an open breaker gives no permit; closed again, the rate ramps up")
    func afterBreaker() throws {
        var pacer = try GamePacerTests.pacer()
        for _ in 0..<6 {
            let permit = pacer.start(nowNs: secondNs)
            pacer.finished(permit, .neverLeft, nowNs: secondNs)
        }
        var nowNs = secondNs
        while nowNs < 2 * secondNs {
            #expect(pacer.readiness(nowNs: nowNs) == .from(2 * secondNs))
            nowNs += 10 * msNs
        }
        #expect(pacer.readiness(nowNs: nowNs) == .now)
        let probes = [pacer.start(nowNs: nowNs), pacer.start(nowNs: nowNs)]
        #expect(pacer.readiness(nowNs: nowNs) == .onEvent)
        for probe in probes { pacer.finished(probe, .succeeded, nowNs: nowNs) }
        #expect(pacer.breakerState == .closed)
        #expect(pacer.concurrency == 2)
        #expect(pacer.rampPermille(nowNs: nowNs) == 100 && pacer.perSecond == 100)
        let counts = Self.halves(&pacer, fromNs: nowNs, count: 14)
        Self.expectRamp(counts, perSecond: 1000)
        // One request at a time uses no more than half of three.
        #expect(pacer.concurrency == 3)
    }

    @Test("Retry-After is kept to the nanosecond, and after it there is no burst but a ramp")
    func afterHold() throws {
        var pacer = try GamePacerTests.pacer()
        let permits = (0..<4).map { _ in pacer.start(nowNs: secondNs) }
        for permit in permits {
            pacer.finished(permit, .throttled(retryAfterNs: 30 * secondNs), nowNs: secondNs)
        }
        #expect(pacer.readiness(nowNs: 2 * secondNs) == .from(31 * secondNs))
        #expect(pacer.readiness(nowNs: 31 * secondNs - 1) == .from(31 * secondNs))
        let counts = Self.halves(&pacer, fromNs: 31 * secondNs, count: 14)
        Self.expectRamp(counts, perSecond: 1000)
    }

    @Test("requests under way when the game said 429 say it once")
    func onceARoundTrip() throws {
        var pacer = try GamePacerTests.pacer()
        let permits = (0..<4).map { _ in pacer.start(nowNs: secondNs) }
        for permit in permits {
            pacer.finished(permit, .throttled(retryAfterNs: secondNs), nowNs: secondNs + 5 * msNs)
        }
        #expect(pacer.rampPermille(nowNs: secondNs + 6 * msNs) == 500)
        let next = pacer.start(nowNs: 3 * secondNs)
        pacer.finished(next, .throttled(retryAfterNs: secondNs), nowNs: 3 * secondNs + 5 * msNs)
        #expect(pacer.rampPermille(nowNs: 3 * secondNs + 6 * msNs) < 360)
    }

    @Test("an operator's end of a hold begins the ramp, and so does a resumption that asks for one")
    func operators() throws {
        var pacer = try GamePacerTests.pacer()
        let permit = pacer.start(nowNs: secondNs)
        pacer.finished(permit, .throttled(retryAfterNs: 3_600 * secondNs), nowNs: secondNs)
        pacer.clearHold()
        Self.expectRamp(Self.halves(&pacer, fromNs: 10 * secondNs, count: 12), perSecond: 1000)
        pacer.rampUp(nowNs: 100 * secondNs)
        Self.expectRamp(Self.halves(&pacer, fromNs: 100 * secondNs, count: 12), perSecond: 1000)
    }
}
