import Testing

@testable import Claim

@Suite("Partitions of accepted orders")
struct StickyPartitionsTests {
    @Test("one partition for a while, then the next; each game by itself")
    func sticky() {
        var sticky = StickyPartitions(games: 2, partitions: 3, first: 1)
        let first = sticky.next(game: 0, nowNs: 1_000_000_000)
        for step in 1..<UInt64(5) {
            let next = sticky.next(game: 0, nowNs: 1_000_000_000 + step * 1_000_000)
            #expect(next == first)
        }
        let later = sticky.next(game: 0, nowNs: 1_000_000_000 + StickyPartitions.longestNs)
        #expect(later == (first + 1) % 3)
        let other = sticky.next(game: 1, nowNs: 1_000_000_000)
        #expect((0..<3).contains(other))
    }

    @Test("however fast or slow they come, all partitions get the same")
    func even() {
        for stepNs in [0, 1_000, 100_000_000] as [UInt64] {
            var sticky = StickyPartitions(games: 1, partitions: 4, first: 2)
            var counts = [0, 0, 0, 0]
            let orders = 4 * StickyPartitions.mostOrders * 5
            for n in 0..<UInt64(orders) {
                counts[Int(sticky.next(game: 0, nowNs: 1_000_000_000 + n * stepNs))] += 1
            }
            #expect(counts.allSatisfy { $0 == orders / 4 }, "\(counts)")
        }
    }

    @Test("a game that was appended has partitions as well")
    func appended() {
        var sticky = StickyPartitions(games: 1, partitions: 2, first: 0)
        let partition = sticky.next(game: 5, nowNs: 1)
        #expect((0..<2).contains(partition))
    }
}
