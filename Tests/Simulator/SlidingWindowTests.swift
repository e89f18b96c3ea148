import Testing
import Wire

@testable import Simulator

@Suite struct SlidingWindowTests {
    private let second: UInt64 = 1_000_000_000

    @Test func countsNothingBeforeTheFirst() {
        let window = SlidingWindow(perSecond: 10, burst: 2)
        #expect(window.total == 0 && window.highest == 0 && window.windowsOver == 0)
    }

    @Test func anArrivalExactlyOneSecondLaterIsInAnotherWindow() {
        var window = SlidingWindow(perSecond: 1, burst: 0)
        window.arrived(atNs: 5)
        window.arrived(atNs: 5 + second)
        #expect(window.highest == 1)
        window.arrived(atNs: 4 + second * 2)
        #expect(window.highest == 2)
        #expect(window.windowsOver == 1)
    }

    @Test("promise 6: the highest window is the one that a count over all pairs finds")
    func agreesWithCountingAllPairs() {
        var random = SplitMix64(seed: 6)
        for _ in 0..<50 {
            var times: [UInt64] = []
            var now: UInt64 = 0
            for _ in 0..<Int.random(in: 1...200, using: &random) {
                now += UInt64.random(in: 0...(second / 20), using: &random)
                times.append(now)
            }
            var window = SlidingWindow(perSecond: 20, burst: 5)
            for time in times { window.arrived(atNs: time) }
            let counts = times.map { last in times.count { $0 <= last && last - $0 < second } }
            // The same instant may hold several; the last of them sees them all.
            #expect(window.highest == counts.max())
            #expect(window.total == times.count)
            #expect((window.windowsOver > 0) == counts.contains { $0 > 25 })
        }
    }

    @Test("promise 6: after a change the larger limit counts for two seconds, then the new one")
    func aChangedLimit() {
        var window = SlidingWindow(perSecond: 3, burst: 0)
        window.change(perSecond: 1, burst: 0, atNs: second)
        for step in 0..<3 { window.arrived(atNs: second * 5 / 2 + UInt64(step)) }
        #expect(window.windowsOver == 0)
        for step in 0..<3 { window.arrived(atNs: second * 4 + UInt64(step)) }
        #expect(window.windowsOver == 2 && window.highestOver == 2)
        window.change(perSecond: 3, burst: 0, atNs: second * 6)
        for step in 0..<3 { window.arrived(atNs: second * 6 + UInt64(step)) }
        #expect(window.windowsOver == 2)
    }
}
