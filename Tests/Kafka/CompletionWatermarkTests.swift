import Kafka
import Testing
import Wire

@Suite struct CompletionWatermarkTests {
    @Test func movesOnlyWithoutAHole() {
        var watermark = CompletionWatermark(first: 10)
        for offset in Int64(10)...13 { watermark.began(offset) }
        #expect(watermark.completed(11) == nil)
        #expect(watermark.completed(13) == nil)
        #expect(watermark.offset == 10)
        #expect(watermark.completed(10) == 12)
        #expect(watermark.open == 1)
        #expect(watermark.completed(12) == 14)
        #expect(watermark.open == 0)
    }

    @Test func finishingTwiceOrTheUnknownIsHarmless() {
        var watermark = CompletionWatermark(first: 0)
        watermark.began(0)
        watermark.began(1)
        #expect(watermark.completed(1) == nil)
        #expect(watermark.completed(1) == nil)
        #expect(watermark.completed(7) == nil)
        #expect(watermark.completed(-1) == nil)
        #expect(watermark.open == 1)
        #expect(watermark.completed(0) == 2)
        #expect(watermark.completed(0) == nil)
    }

    @Test func offsetsThatNeverBeginDoNotHoldItUp() {
        var watermark = CompletionWatermark(first: 0)
        for offset: Int64 in [3, 4, 90, 1_000_000] { watermark.began(offset) }
        #expect(watermark.completed(90) == nil)
        #expect(watermark.completed(3) == 4)
        #expect(watermark.completed(4) == 1_000_000)
        #expect(watermark.completed(1_000_000) == 1_000_001)
    }

    @Test(
        "promise 3: the watermark never passes an unfinished record, and stands right before the first",
        arguments: 0..<24)
    func neverPassesAnUnfinishedRecord(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let first = Int64.random(in: 0...1_000_000, using: &random)
        var watermark = CompletionWatermark(first: first)
        var next = first
        var open: Set<Int64> = []
        var committed = first
        for _ in 0..<1500 {
            if open.isEmpty || (open.count < 150 && Bool.random(using: &random)) {
                // A hole now and then, as compaction leaves.
                if Int.random(in: 0..<50, using: &random) == 0 {
                    next += Int64.random(in: 1...9, using: &random)
                }
                watermark.began(next)
                open.insert(next)
                next += 1
            } else {
                // Old ones are favoured, so that the watermark moves; Set's order must not matter to a seed.
                let sorted = open.sorted()
                let bound = Bool.random(using: &random) ? min(3, sorted.count) : sorted.count
                let done = sorted[Int.random(in: 0..<bound, using: &random)]
                open.remove(done)
                let moved = watermark.completed(done)
                if let moved {
                    #expect(moved > committed)
                    committed = moved
                }
                #expect(moved == nil || moved == (open.min() ?? next))
            }
            #expect(watermark.offset == committed)
            #expect(open.allSatisfy { $0 >= watermark.offset })
            #expect(watermark.open == open.count)
        }
        for offset in open.sorted() { _ = watermark.completed(offset) }
        #expect(watermark.offset == next)
    }
}
