import Pacing
import Testing

@Suite("GCRA")
struct GCRATests {
    static let limits: [(perSecond: Double, burst: Int)] = [
        (0.5, 1), (1, 1), (7, 3), (100, 1), (333.3, 12), (1000, 50), (5000, 64), (20_000, 200),
    ]

    @Test("promise 6: any second of any call pattern holds at most limit + burst", arguments: 0..<24)
    func windowLaw(seed: UInt64) {
        var bits = SeededBits(seed)
        for (perSecond, burst) in Self.limits {
            var nowNs = bits.within(1...(1 << 60))
            var limiter = GCRA(perSecond: perSecond, burst: burst, nowNs: nowNs)
            var taken: [UInt64] = []
            for _ in 0..<4000 {
                switch bits.next() % 16 {
                case 0: nowNs += bits.within(0...(3 * secondNs))
                case 1...4: nowNs += bits.within(0...(20 * msNs))
                case 5...7: nowNs = max(nowNs, limiter.nextAtNs)
                default: nowNs += bits.within(0...1000)
                }
                while limiter.take(nowNs: nowNs) { taken.append(nowNs) }
            }
            #expect(Double(mostInOneSecond(taken)) <= perSecond + Double(burst))
        }
    }

    @Test("it starts empty: the first permit comes one interval after the start, the next one after that")
    func startsEmpty() {
        var limiter = GCRA(perSecond: 1000, burst: 50, nowNs: 5 * secondNs)
        #expect(limiter.nextAtNs == 5 * secondNs + msNs)
        #expect(limiter.take(nowNs: 5 * secondNs + msNs - 1) == false)
        #expect(limiter.take(nowNs: 5 * secondNs + msNs) == true)
        #expect(limiter.take(nowNs: 5 * secondNs + msNs) == false)
        #expect(limiter.nextAtNs == 5 * secondNs + 2 * msNs)
    }

    @Test("after a stall of an hour it gives one burst and goes on at its rate")
    func stall() {
        var limiter = GCRA(perSecond: 1000, burst: 10, nowNs: 0)
        let nowNs = 3600 * secondNs
        var atOnce = 0
        while limiter.take(nowNs: nowNs) { atOnce += 1 }
        #expect(atOnce == 10)
        #expect(limiter.nextAtNs == nowNs + msNs)
    }

    @Test("ticked about every millisecond it uses 98 % and more", arguments: [100.0, 1000, 3000, 5000])
    func sustained(perSecond: Double) throws {
        let split = BurstSplit(try PacingLimit(perSecond: perSecond, burst: 200), maxConcurrency: 100)
        var bits = SeededBits(UInt64(perSecond))
        var limiter = GCRA(perSecond: perSecond, burst: split.gcraBurst, nowNs: 0)
        var nowNs: UInt64 = 0
        var taken = 0
        while nowNs < 20 * secondNs {
            nowNs += bits.within((msNs / 2)...(bits.oneIn(50) ? 5 * msNs : 3 * msNs / 2))
            while limiter.take(nowNs: nowNs) { taken += 1 }
        }
        #expect(Double(taken) >= 0.98 * 20 * perSecond)
    }

    @Test(
        "promise 6: a window that spans changes holds at most the largest rate and burst in force",
        arguments: 0..<24)
    func rateChanges(seed: UInt64) {
        var bits = SeededBits(seed &+ 1000)
        var nowNs: UInt64 = secondNs
        var inForce: [(sinceNs: UInt64, perSecond: Double, burst: Int)] = []
        var limiter = GCRA(perSecond: 500, burst: 20, nowNs: nowNs)
        inForce.append((nowNs, 500, 20))
        var taken: [UInt64] = []
        for _ in 0..<6000 {
            nowNs += bits.within(0...(bits.oneIn(300) ? secondNs : 2 * msNs))
            if bits.oneIn(100) {
                let perSecond = Double(bits.within(1...3000))
                let burst = Int(bits.within(1...100))
                limiter.setRate(perSecond: perSecond, burst: burst, nowNs: nowNs)
                inForce.append((nowNs, perSecond, burst))
            }
            while limiter.take(nowNs: nowNs) { taken.append(nowNs) }
        }
        for (first, fromNs) in taken.enumerated() where first % 7 == 0 {
            let untilNs = fromNs + secondNs
            let count = taken[first...].prefix { $0 <= untilNs }.count
            var (perSecond, burst) = (0.0, 0)
            for (index, entry) in inForce.enumerated() where entry.sinceNs <= untilNs {
                let endNs = index + 1 < inForce.count ? inForce[index + 1].sinceNs : .max
                guard endNs >= fromNs else { continue }
                (perSecond, burst) = (max(perSecond, entry.perSecond), max(burst, entry.burst))
            }
            #expect(Double(count) <= perSecond + Double(burst))
        }
    }

    @Test("new burst starts used up, and a limit lowered under way makes it wait")
    func burstGrowsEmpty() {
        var limiter = GCRA(perSecond: 1000, burst: 5, nowNs: 0)
        let nowNs = secondNs
        while limiter.take(nowNs: nowNs) {}
        limiter.setRate(perSecond: 1000, burst: 50, nowNs: nowNs)
        #expect(limiter.take(nowNs: nowNs) == false)
        #expect(limiter.nextAtNs == nowNs + msNs)
        limiter.setRate(perSecond: 10, burst: 1, nowNs: nowNs)
        #expect(limiter.nextAtNs >= nowNs + 100 * msNs)
    }
}

@Suite("Burst split")
struct BurstSplitTests {
    @Test("the three parts fit into the configured burst, or the shortfall says by how much they do not")
    func sum() throws {
        var bits = SeededBits(7)
        for _ in 0..<5000 {
            let limit = try PacingLimit(
                perSecond: Double(bits.within(1...20_000)) / 4, burst: Int(bits.within(1...600)))
            let split = BurstSplit(
                limit, maxConcurrency: Int(bits.within(1...300)), startsPerReading: Int(bits.within(1...4)))
            #expect(split.gcraBurst >= 1 && split.slots >= 1)
            let sum = split.gcraBurst + split.slots + split.startsPerReading
            #expect(sum - split.shortfall <= limit.burst)
            #expect(split.shortfall == 0 || limit.burst < 2 + split.startsPerReading)
        }
    }

    @Test("a usual limit has 10 ms of tolerance, a tight one gives up part of them for concurrency")
    func division() throws {
        let usual = BurstSplit(try PacingLimit(perSecond: 5000, burst: 500), maxConcurrency: 1000)
        #expect((usual.gcraBurst, usual.slots) == (51, 448))
        let tight = BurstSplit(try PacingLimit(perSecond: 2000, burst: 20), maxConcurrency: 1000)
        #expect((tight.gcraBurst, tight.slots) == (7, 12))
        let least = BurstSplit(try PacingLimit(perSecond: 2000, burst: 3), maxConcurrency: 1000)
        #expect((least.gcraBurst, least.slots, least.shortfall) == (1, 1, 0))
    }

    @Test("a burst without room for one of each is paid for by the rate, down to one a second")
    func tooSmall() throws {
        let split = BurstSplit(try PacingLimit(perSecond: 10, burst: 1), maxConcurrency: 8)
        #expect((split.gcraBurst, split.slots, split.shortfall) == (1, 1, 2))
        #expect(split.perSecond(extra: 0) == 8)
        #expect(split.perSecond(extra: 100) == 1)
        let slow = BurstSplit(try PacingLimit(perSecond: 0.25, burst: 1), maxConcurrency: 8)
        #expect(slow.perSecond(extra: 5) == 0.25)
    }

    @Test("limits out of range are refused")
    func ranges() {
        #expect(throws: PacingFault.self) { try PacingLimit(perSecond: 0, burst: 5) }
        #expect(throws: PacingFault.self) { try PacingLimit(perSecond: .nan, burst: 5) }
        #expect(throws: PacingFault.self) { try PacingLimit(perSecond: .infinity, burst: 5) }
        #expect(throws: PacingFault.burstOutOfRange(0)) { try PacingLimit(perSecond: 5, burst: 0) }
    }
}
