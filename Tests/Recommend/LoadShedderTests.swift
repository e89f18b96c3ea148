import Testing
import Wire

@testable import Recommend

@Suite("Turning requests away from a busy loop")
struct LoadShedderTests {
    @Test("a loop in time turns nobody away")
    func calm() {
        var shedder = LoadShedder(maxDelayNs: 100)
        for _ in 0..<100 {
            shedder.observe(latenessNs: 100)
            let sheds = shedder.sheds()
            #expect(!sheds)
        }
    }

    @Test("a stall or two turn nobody away")
    func stall() {
        var shedder = LoadShedder(maxDelayNs: 100)
        for _ in 0..<5 {
            for _ in 1..<LoadShedder.patience {
                shedder.observe(latenessNs: 1_000_000)
                let sheds = shedder.sheds()
                #expect(!sheds)
            }
            shedder.observe(latenessNs: 0)
        }
    }

    /// Late so often that one more starts it.
    private func worn(maxDelayNs: UInt64) -> LoadShedder {
        var shedder = LoadShedder(maxDelayNs: maxDelayNs)
        for _ in 1..<LoadShedder.patience { shedder.observe(latenessNs: .max) }
        return shedder
    }

    @Test("the share grows while the loop is late, and shrinks when it is in time again")
    func grows() {
        var shedder = worn(maxDelayNs: 100)
        var last = 0.0
        for _ in 0..<3 {
            shedder.observe(latenessNs: 101)
            #expect(shedder.share > last)
            last = shedder.share
        }
        for _ in 0..<10 { shedder.observe(latenessNs: 1_000) }
        #expect(shedder.share == LoadShedder.mostShare)
        for _ in 0..<100 where shedder.share > 0 {
            let before = shedder.share
            shedder.observe(latenessNs: 0)
            #expect(shedder.share < before)
        }
        #expect(shedder.share == 0)
        let sheds = shedder.sheds()
        #expect(!sheds)
    }

    @Test("refusals are the share of the requests, evenly spread, and never all of them")
    func even() {
        var shedder = worn(maxDelayNs: 1)
        var shares: Set<Double> = []
        for _ in 0..<8 {
            shedder.observe(latenessNs: 2)
            shares.insert(shedder.share)
            var shed = 0
            var run = 0
            for _ in 0..<1_000 {
                if shedder.sheds() {
                    shed += 1
                    run += 1
                    #expect(Double(run) <= 1 / (1 - shedder.share) + 1)
                } else {
                    run = 0
                }
            }
            #expect(abs(Double(shed) - 1_000 * shedder.share) <= 1)
            #expect(shed < 1_000)
        }
        #expect(shares.count > 2)
    }
}
