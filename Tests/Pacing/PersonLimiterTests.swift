import Pacing
import Testing

@Suite("Person limiter")
struct PersonLimiterTests {
    private func limiter(
        quota: Int, windowS: Int, slots: Int = 64, seed: UInt64 = 1
    ) throws -> PersonLimiter {
        PersonLimiter(limit: try PersonLimit(quota: quota, windowS: windowS), slots: slots, seed: seed)
    }

    private func isAllowed(_ decision: PersonLimiter.Decision) -> Bool {
        if case .allowed = decision { return true } else { return false }
    }

    @Test("it starts full: a quota at once, then one every window / quota", arguments: [0, 1, .max])
    func startsFull(user: UInt64) throws {
        var limiter = try limiter(quota: 3, windowS: 6)
        var decisions: [PersonLimiter.Decision] = []
        for nowS: UInt64 in [5, 5, 5, 5, 6, 7, 7, 100] {
            decisions.append(limiter.take(user: user, nowNs: nowS * secondNs))
        }
        #expect(
            decisions == [
                .allowed(remaining: 2, resetAfterS: 4), .allowed(remaining: 1, resetAfterS: 2),
                .allowed(remaining: 0, resetAfterS: 2), .limited(retryAfterS: 2), .limited(retryAfterS: 1),
                .allowed(remaining: 0, resetAfterS: 2), .limited(retryAfterS: 2),
                .allowed(remaining: 2, resetAfterS: 4),
            ])
    }

    @Test("a request that is refused costs nothing; people do not share")
    func refusalsAreFree() throws {
        var limiter = try limiter(quota: 1, windowS: 10)
        let first = limiter.take(user: 1, nowNs: 0)
        #expect(first == .allowed(remaining: 0, resetAfterS: 10))
        for step: UInt64 in 0..<1000 {
            let again = limiter.take(user: 1, nowNs: step * 10 * msNs)
            #expect(!isAllowed(again))
        }
        let other = limiter.take(user: 2, nowNs: 0)
        #expect(isAllowed(other))
        let later = limiter.take(user: 1, nowNs: 10 * secondNs)
        #expect(isAllowed(later))
    }

    /// One theoretical arrival time a person, kept for ever: GCRA in its virtual scheduling form.
    private struct Model {
        var arrivalNs: [UInt64: UInt64] = [:]
        let intervalNs: UInt64
        let quota: UInt64

        init(quota: Int, windowS: Int) {
            self.quota = UInt64(quota)
            intervalNs = (UInt64(windowS) * secondNs + self.quota - 1) / self.quota
        }

        mutating func take(_ user: UInt64, _ nowNs: UInt64) -> PersonLimiter.Decision {
            let dueNs = max(arrivalNs[user, default: 0], nowNs)
            let toleranceNs = (quota - 1) * intervalNs
            guard dueNs <= nowNs + toleranceNs else {
                return .limited(retryAfterS: Int((dueNs - toleranceNs - nowNs + secondNs - 1) / secondNs))
            }
            arrivalNs[user] = dueNs + intervalNs
            var remaining = 0
            while dueNs + UInt64(remaining + 1) * intervalNs <= nowNs + toleranceNs { remaining += 1 }
            let lastsNs =
                remaining > 0
                ? UInt64(remaining) * intervalNs : dueNs + intervalNs - toleranceNs - nowNs
            return .allowed(remaining: remaining, resetAfterS: Int((lastsNs + secondNs - 1) / secondNs))
        }
    }

    private static let limits = [(1, 1), (3, 7), (60, 60), (10, 1), (7, 3600), (500, 60), (1, 86_400)]

    @Test("with room for all it decides as a model that forgets nobody", arguments: 0..<7)
    func likeTheModel(which: Int) throws {
        let (quota, windowS) = Self.limits[which]
        var bits = SeededBits(UInt64(which))
        var limiter = try limiter(quota: quota, windowS: windowS, slots: 4096, seed: bits.next())
        var model = Model(quota: quota, windowS: windowS)
        var nowNs = bits.within(0...(1 << 60))
        let users = (0..<200).map { $0 < 100 ? UInt64($0) : bits.next() }
        var limited = 0
        for _ in 0..<20_000 {
            let user = users[Int(bits.within(0...(bits.oneIn(3) ? 199 : 5)))]
            switch bits.next() % 8192 {
            case 0: nowNs += bits.within(0...(UInt64(windowS) * secondNs))
            case 1...2048: nowNs += bits.within(0...(model.intervalNs / 8))
            default: break
            }
            let expected = model.take(user, nowNs)
            let decision = limiter.take(user: user, nowNs: nowNs)
            if decision != expected { Issue.record("\(decision), not \(expected)") }
            if !isAllowed(decision) { limited += 1 }
        }
        let forgotten = limiter.forgotten
        #expect(forgotten == 0 && limited > 100)
    }

    @Test("a table too small errs towards allowing and says how often it forgot", arguments: 0..<4)
    func tooSmall(seed: UInt64) throws {
        var bits = SeededBits(seed)
        var limiter = try limiter(quota: 4, windowS: 4, slots: PersonLimiter.ways << (seed % 2), seed: seed)
        var model = Model(quota: 4, windowS: 4)
        var nowNs: UInt64 = 0
        var allowed = [Int](repeating: 0, count: 31)
        var exact = allowed
        for _ in 0..<20_000 {
            let user = bits.within(1...30)
            nowNs += bits.within(0...(20 * msNs))
            if isAllowed(limiter.take(user: user, nowNs: nowNs)) { allowed[Int(user)] += 1 }
            if isAllowed(model.take(user, nowNs)) { exact[Int(user)] += 1 }
            if allowed[Int(user)] < exact[Int(user)] {
                Issue.record("user \(user) lost to others: \(allowed[Int(user)]) of \(exact[Int(user)])")
            }
        }
        let extra = allowed.reduce(0, +) - exact.reduce(0, +)
        let forgotten = limiter.forgotten
        #expect(extra > 0 && UInt64(extra) <= 4 * forgotten, "\(extra) for \(forgotten)")
    }

    @Test("in a full set the one who owes the least makes room, once nobody in it owes nothing")
    func replacement() throws {
        var limiter = try limiter(quota: 10, windowS: 10, slots: PersonLimiter.ways)
        for user in 1...8 {
            for _ in 0..<user + 1 { _ = limiter.take(user: UInt64(user), nowNs: secondNs) }
        }
        var forgotten = limiter.forgotten
        #expect(forgotten == 0)
        _ = limiter.take(user: 99, nowNs: secondNs)
        forgotten = limiter.forgotten
        #expect(forgotten == 1)
        // User 1 owed 2 requests and is new again; user 99 owed 1 and had to go for it.
        let first = limiter.take(user: 1, nowNs: secondNs)
        #expect(first == .allowed(remaining: 9, resetAfterS: 9))
        let eighth = limiter.take(user: 8, nowNs: secondNs)
        #expect(eighth == .allowed(remaining: 0, resetAfterS: 1))
        // Three seconds on users 1 and 2 owe nothing: their slots are free.
        for user: UInt64 in [100, 101] { _ = limiter.take(user: user, nowNs: 4 * secondNs) }
        forgotten = limiter.forgotten
        #expect(forgotten == 2)
    }

    @Test("any window holds at most two quotas; after retryAfterS there is one", arguments: 0..<6)
    func windowLaw(seed: UInt64) throws {
        var bits = SeededBits(seed)
        let quota = Int(bits.within(1...40))
        let windowS = Int(bits.within(1...30))
        var limiter = try limiter(quota: quota, windowS: windowS)
        var nowNs: UInt64 = bits.within(0...secondNs)
        var taken: [UInt64] = []
        for _ in 0..<3000 {
            switch limiter.take(user: 5, nowNs: nowNs) {
            case .allowed(let remaining, let resetAfterS):
                taken.append(nowNs)
                #expect((0..<quota).contains(remaining) && resetAfterS >= 1)
                // Never an invitation to more than the quota's own rate.
                #expect(remaining * windowS <= quota * resetAfterS)
            case .limited(let retryAfterS):
                #expect(retryAfterS >= 1)
                if bits.oneIn(4) {
                    nowNs += UInt64(retryAfterS) * secondNs
                    let next = limiter.take(user: 5, nowNs: nowNs)
                    #expect(isAllowed(next))
                    taken.append(nowNs)
                }
            }
            nowNs += bits.within(0...(bits.oneIn(50) ? UInt64(windowS) * secondNs : 30 * msNs))
        }
        var first = 0
        for (index, timeNs) in taken.enumerated() {
            while taken[first] + UInt64(windowS) * secondNs < timeNs { first += 1 }
            #expect(index - first + 1 <= 2 * quota)
        }
    }

    @Test("limits out of range are refused")
    func ranges() {
        #expect(throws: PacingFault.burstOutOfRange(0)) { try PersonLimit(quota: 0, windowS: 1) }
        #expect(throws: PacingFault.self) { try PersonLimit(quota: 1_000_001, windowS: 1) }
        #expect(throws: PacingFault.self) { try PersonLimit(quota: 1, windowS: 0) }
        #expect(throws: PacingFault.self) { try PersonLimit(quota: 1, windowS: 86_401) }
    }
}

@Suite("RateLimit fields")
struct RateLimitFieldsTests {
    @Test("policy and state in the draft's form")
    func values() throws {
        let fields = RateLimitFields(try PersonLimit(quota: 60, windowS: 30))
        #expect(fields.policy == #""person";q=60;w=30"#)
        #expect(fields.value(.allowed(remaining: 59, resetAfterS: 30)) == #""person";r=59;t=30"#)
        #expect(fields.value(.allowed(remaining: 0, resetAfterS: 1)) == #""person";r=0;t=1"#)
        #expect(fields.value(.limited(retryAfterS: 17)) == #""person";r=0;t=17"#)
        let named = RateLimitFields(try PersonLimit(quota: 1, windowS: 1), name: "refresh-2")
        #expect(named.policy == #""refresh-2";q=1;w=1"#)
    }
}
