import Pacing
import Testing

@Suite("Dead letters' ratio")
struct DeadRatioGuardTests {
    @Test("trips once, when more than the ratio is refused, and not on fewer than the least number")
    func trips() {
        var watch = DeadRatioGuard()
        for number in 1...49 {
            let trips = watch.closed(isDead: true)
            #expect(!trips, "on \(number)")
        }
        let fiftieth = watch.closed(isDead: true)
        #expect(fiftieth && watch.isTripped)
        for _ in 0..<100 {
            let again = watch.closed(isDead: true)
            #expect(!again)
        }
    }

    @Test("a grant trips nothing, though it completes the fewest")
    func grant() {
        var watch = DeadRatioGuard()
        for _ in 0..<49 { _ = watch.closed(isDead: true) }
        let granted = watch.closed(isDead: false)
        #expect(!granted)
        let refused = watch.closed(isDead: true)
        #expect(refused)
    }

    @Test("exactly the ratio does not trip it, one more does")
    func edge() {
        var watch = DeadRatioGuard(ratio: 0.5, window: 200, fewest: 100)
        for number in 0..<200 {
            let trips = watch.closed(isDead: number % 2 == 1)
            #expect(!trips)
        }
        #expect(watch.share == 0.5)
        let trips = watch.closed(isDead: true)
        #expect(trips)
    }

    @Test("a long good past does not hide a bad present: the window slides")
    func slides() {
        var watch = DeadRatioGuard()
        for _ in 0..<100_000 { _ = watch.closed(isDead: false) }
        var refused = 0
        while !watch.isTripped, refused < 1_000 {
            refused += 1
            _ = watch.closed(isDead: true)
        }
        #expect((91...111).contains(refused))
    }

    @Test("against a plain count over the window, for random shares", arguments: 1...8)
    func reference(seed: UInt64) {
        var bits = SeededBits(seed)
        let oneIn = bits.within(2...6)
        var watch = DeadRatioGuard(ratio: 0.3, window: 100, fewest: 20)
        var all: [Bool] = []
        for _ in 0..<2_000 {
            let isDead = bits.oneIn(oneIn)
            all.append(isDead)
            let trips = watch.closed(isDead: isDead)
            // Whole buckets of ten leave at once: between 90 and 100 are looked at.
            let inWindow = all.count <= 100 ? all.count : 91 + (all.count - 1) % 10
            let last = all.suffix(inWindow)
            let dead = last.count { $0 }
            #expect(abs(watch.share - Double(dead) / Double(last.count)) < 1e-9)
            #expect(trips == (isDead && last.count >= 20 && dead * 10 > last.count * 3))
            if trips {
                watch.reset()
                all = []
                #expect(!watch.isTripped && watch.share == 0)
            }
        }
    }
}
