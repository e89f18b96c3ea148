import Pacing
import Testing

@Suite("Attempt budgets")
struct AttemptBudgetsTests {
    /// Permits come at the game's limit; counts what they are spent on until `seconds` have passed.
    static func spent(
        perSecond: Double, seconds: UInt64, waiting: Set<AttemptClass>, from startNs: UInt64 = secondNs,
        budgets: inout AttemptBudgets
    ) -> [AttemptClass: Int] {
        var counts: [AttemptClass: Int] = [:]
        var rate = GCRA(perSecond: perSecond, burst: 2, nowNs: startNs)
        while rate.nextAtNs < startNs + seconds * secondNs {
            let nowNs = rate.nextAtNs
            _ = rate.take(nowNs: nowNs)
            let kind = budgets.next(
                hasFresh: waiting.contains(.fresh), hasRepeat: waiting.contains(.repeat),
                hasResend: waiting.contains(.resend), nowNs: nowNs)
            if let kind { counts[kind, default: 0] += 1 }
        }
        return counts
    }

    @Test(
        "repeats use a tenth of the limit at most, resends a fifth, and fresh ones all the rest",
        arguments: [0.2, 3, 50, 1500, 5000])
    func shares(perSecond: Double) {
        let seconds: UInt64 = 40
        var budgets = AttemptBudgets(perSecond: perSecond, nowNs: secondNs)
        let counts = Self.spent(
            perSecond: perSecond, seconds: seconds, waiting: [.fresh, .repeat, .resend], budgets: &budgets)
        let all = Int(perSecond * Double(seconds))
        let repeats = max(perSecond * 0.1, 0.1) * Double(seconds)
        let resends = max(perSecond * 0.2, 0.1) * Double(seconds)
        #expect(Double(counts[.repeat] ?? 0) <= repeats + 1)
        #expect(Double(counts[.resend] ?? 0) <= resends + 1)
        #expect(Double(counts[.repeat] ?? 0) >= repeats * 0.9 - 2)
        #expect(Double(counts[.resend] ?? 0) >= resends * 0.9 - 2)
        #expect(counts.values.reduce(0, +) >= all - 2)
    }

    @Test("a class alone: fresh ones use everything, the others never more than their share")
    func alone() {
        for (kind, most) in [(AttemptClass.fresh, 1_000), (.repeat, 101), (.resend, 202)] {
            var budgets = AttemptBudgets(perSecond: 100, nowNs: secondNs)
            let counts = Self.spent(perSecond: 100, seconds: 10, waiting: [kind], budgets: &budgets)
            #expect((most * 98 / 100...most).contains(counts[kind] ?? 0), "\(kind)")
        }
    }

    @Test("no second holds more repeats than a tenth and a tenth of a second's worth, even after a pause")
    func windows() {
        var budgets = AttemptBudgets(perSecond: 1000, nowNs: secondNs)
        var bits = SeededBits(3)
        var times: [UInt64] = []
        var nowNs = secondNs
        for _ in 0..<20_000 {
            nowNs += bits.oneIn(400) ? 3 * secondNs : msNs
            let kind = budgets.next(hasFresh: true, hasRepeat: true, hasResend: false, nowNs: nowNs)
            if kind == .repeat { times.append(nowNs) }
        }
        #expect(mostInOneSecond(times) <= 110)
    }

    @Test("says when something that waits may go, and then it may")
    func readyAt() throws {
        var budgets = AttemptBudgets(perSecond: 1, nowNs: secondNs)
        #expect(budgets.readyAtNs(hasFresh: false, hasRepeat: false, hasResend: false) == nil)
        #expect(budgets.readyAtNs(hasFresh: true, hasRepeat: true, hasResend: true) == 0)
        for (hasRepeat, hasResend, kind) in [
            (true, false, AttemptClass.repeat), (false, true, .resend), (true, true, .resend),
        ] {
            let ready = budgets.readyAtNs(hasFresh: false, hasRepeat: hasRepeat, hasResend: hasResend)
            let atNs = try #require(ready)
            let early = budgets.next(
                hasFresh: false, hasRepeat: hasRepeat, hasResend: hasResend, nowNs: atNs - 1)
            let due = budgets.next(hasFresh: false, hasRepeat: hasRepeat, hasResend: hasResend, nowNs: atNs)
            #expect(early == nil && due == kind)
        }
    }

    @Test("a changed limit changes the shares at once")
    func limitChanged() {
        var budgets = AttemptBudgets(perSecond: 1000, nowNs: secondNs)
        _ = Self.spent(perSecond: 1000, seconds: 1, waiting: [.repeat], budgets: &budgets)
        budgets.limitChanged(perSecond: 50, nowNs: 2 * secondNs)
        let counts = Self.spent(
            perSecond: 1000, seconds: 10, waiting: [.repeat], from: 2 * secondNs, budgets: &budgets)
        // 5 a second, less what the old burst of ten still has to drain.
        #expect((39...51).contains(counts[.repeat] ?? 0))
        #expect(budgets.waitNs(.repeat, behind: 10) == 2 * secondNs)
        #expect(budgets.waitNs(.resend, behind: 10) == secondNs)
        #expect(budgets.waitNs(.fresh, behind: 10) == 0)
    }
}
