import Pacing
import Testing

@Suite("Concurrency follows the game")
struct ConcurrencyGovernorTests {
    @Test(
        "a healthy game gets 98 % of its rate, whatever its latency, as long as the slots allow it",
        arguments: [1, 3, 10, 30, 75, 120, 200], 1...3)
    func healthyThroughput(latencyMs: UInt64, seed: UInt64) throws {
        var bits = SeededBits(seed &* 1_000 &+ latencyMs)
        let perSecond = Double(bits.within(20...1500))
        // Little's law for the slowest request, and a little room.
        let slots = max(2, Int(perSecond * Double(latencyMs) / 1000 * 1.5) + 3)
        var game = GovernedGame(
            try GovernedGame.pacer(perSecond: perSecond, slots: slots), baseNs: latencyMs * msNs, seed: seed)
        game.run(seconds: 12)
        let used = game.starts(fromNs: 3 * secondNs, untilNs: 13 * secondNs)
        #expect(Double(used) >= 0.98 * perSecond * 10, "\(perSecond)/s, \(slots) slots: \(used)")
    }

    @Test("a long tail and a rare time-out are no overload", arguments: 1...6)
    func outliers(seed: UInt64) throws {
        var game = GovernedGame(
            try GovernedGame.pacer(perSecond: 400, slots: 40), baseNs: 20 * msNs, seed: seed)
        game.longTailOneIn = 50
        game.timeoutOneIn = 300
        game.run(seconds: 22)
        let used = game.starts(fromNs: 3 * secondNs, untilNs: 23 * secondNs)
        // A time-out holds its slot for a second and stays a ghost for another: two to three of the forty.
        #expect(Double(used) >= 0.97 * 400 * 20, "\(used)")
    }

    @Test("a game that becomes ten times as slow for good, and not by our load, gets its rate back")
    func slowerForGood() throws {
        var game = GovernedGame(
            try GovernedGame.pacer(perSecond: 300, slots: 60), baseNs: 10 * msNs, seed: 4)
        game.run(seconds: 5)
        game.baseNs = 100 * msNs
        game.run(seconds: 3)
        let fromNs = game.nowNs
        game.run(seconds: 10)
        let used = game.starts(fromNs: fromNs, untilNs: game.nowNs)
        #expect(Double(used) >= 0.95 * 300 * 10, "\(used)")
    }

    @Test("an overloaded game is given what it can work on, and everything again when it recovers")
    func overload() throws {
        var game = GovernedGame(
            try GovernedGame.pacer(perSecond: 500, slots: 100), baseNs: 20 * msNs, seed: 2)
        game.run(seconds: 5)
        #expect(game.concurrencies.last == 100)
        // Four workers of 20 ms do 200 a second; 500 would fill all 100 slots for half a second each.
        game.workers = 4
        game.run(seconds: 20)
        let late = game.concurrencies.suffix(5_000)
        #expect((late.max() ?? 0) <= 60, "\(late.max() ?? 0)")
        let used = game.starts(fromNs: game.nowNs - 10 * secondNs, untilNs: game.nowNs)
        #expect(used >= 180 * 10, "its four workers must not idle: \(used)")
        game.workers = .max
        game.run(seconds: 5)
        let fromNs = game.nowNs
        game.run(seconds: 5)
        #expect(game.starts(fromNs: fromNs, untilNs: game.nowNs) >= 2_450)
    }

    @Test("time-outs take it down by half a round trip, to one; answers bring it back")
    func timeouts() {
        var governor = ConcurrencyGovernor(cap: 64)
        var nowNs = secondNs
        // Sixty-four at once that all time out: one halving, however many say it.
        for _ in 0..<64 { governor.troubled(startedNs: nowNs, nowNs: nowNs + secondNs) }
        #expect((31...34).contains(governor.concurrency))
        for _ in 0..<8 {
            nowNs += 2 * secondNs
            governor.troubled(startedNs: nowNs, nowNs: nowNs + secondNs)
        }
        #expect(governor.concurrency == 1)
        nowNs += 2 * secondNs
        for _ in 0..<2_000 {
            governor.started(live: governor.concurrency)
            governor.succeeded(startedNs: nowNs, nowNs: nowNs + 5 * msNs)
            nowNs += 5 * msNs
        }
        #expect(governor.concurrency == 64 && governor.isFree)
    }

    @Test("one time-out in a hundred takes little and heals")
    func fewTimeouts() {
        var governor = ConcurrencyGovernor(cap: 100)
        var nowNs = secondNs
        var least = 100
        for number in 0..<20_000 {
            nowNs += msNs
            governor.started(live: 60)
            if number % 100 == 99 {
                governor.troubled(startedNs: nowNs - 20 * msNs, nowNs: nowNs)
            } else {
                governor.succeeded(startedNs: nowNs - 20 * msNs, nowNs: nowNs)
            }
            least = min(least, governor.concurrency)
        }
        #expect(least >= 85)
    }

    @Test("it grows only while it is used")
    func unused() {
        var governor = ConcurrencyGovernor(cap: 50)
        governor.restart(at: 10, nowNs: secondNs)
        var nowNs = secondNs
        for _ in 0..<1_000 {
            nowNs += msNs
            governor.started(live: 4)
            governor.succeeded(startedNs: nowNs - msNs, nowNs: nowNs)
        }
        #expect(governor.concurrency == 10)
        for _ in 0..<300 {
            nowNs += msNs
            governor.started(live: governor.concurrency)
            governor.succeeded(startedNs: nowNs - msNs, nowNs: nowNs)
        }
        #expect(governor.concurrency == 50)
    }

    @Test("slow start doubles a round trip")
    func slowStart() {
        var governor = ConcurrencyGovernor(cap: 100)
        var nowNs = secondNs
        governor.restart(at: 2, nowNs: nowNs)
        for expected in [2, 4, 8, 16, 32, 64] {
            #expect(governor.concurrency == expected)
            let startNs = nowNs
            let count = governor.concurrency
            for live in 1...count { governor.started(live: live) }
            nowNs += 10 * msNs
            for _ in 0..<count { governor.succeeded(startedNs: startNs, nowNs: nowNs) }
        }
    }

    @Test("the cap is followed while all is well, and what was learned survives a lower one")
    func caps() {
        var governor = ConcurrencyGovernor(cap: 100)
        governor.capChanged(to: 20)
        #expect(governor.concurrency == 20)
        governor.capChanged(to: 80)
        #expect(governor.concurrency == 80)
        governor.restart(at: 30, nowNs: secondNs)
        governor.capChanged(to: 10)
        #expect(governor.concurrency == 10)
        governor.capChanged(to: 100)
        #expect(governor.concurrency == 30)
    }

    @Test(
        "whatever happens it stays between one and the cap, and extreme times trap nothing",
        arguments: 1...20)
    func bounds(seed: UInt64) {
        var bits = SeededBits(seed)
        var cap = Int(bits.within(1...300))
        var governor = ConcurrencyGovernor(cap: cap)
        var nowNs: UInt64 = 0
        for _ in 0..<3_000 {
            if bits.oneIn(3) {
                nowNs &+= bits.oneIn(200) ? 1 << bits.within(1...58) : bits.within(0...secondNs)
            }
            if nowNs > 1 << 62 { nowNs = 0 }
            let startedNs = bits.oneIn(50) ? nowNs &+ 5 : nowNs - min(nowNs, bits.within(0...secondNs))
            switch bits.within(0...9) {
            case 0: governor.troubled(startedNs: startedNs, nowNs: nowNs)
            case 1: governor.failed()
            case 2 where bits.oneIn(20):
                cap = Int(bits.within(1...300))
                governor.capChanged(to: cap)
            case 2 where bits.oneIn(20): governor.restart(at: Int(bits.within(0...10)), nowNs: nowNs)
            default:
                governor.started(live: Int(bits.within(1...UInt64(cap))))
                governor.succeeded(startedNs: startedNs, nowNs: nowNs)
            }
            #expect((1...cap).contains(governor.concurrency))
        }
    }
}
