import Bench
import Testing

@Suite("Medians and pairs")
struct MedianAndPairsTests {
    @Test("the median is the middle, whatever the order; of an even number the mean of two")
    func median() {
        #expect(Median.of([7]) == 7)
        #expect(Median.of([9, 1, 5]) == 5)
        #expect(Median.of([4, 1, 3, 2]) == 2.5)
        #expect(Median.of([1, 1, 1, 1, 1_000_000]) == 1)
    }

    @Test("who begins alternates, and each side runs once a pair")
    func order() {
        var calls = ""
        var seen: [Int] = []
        let pairs = PairSeries(
            5,
            ours: {
                calls += "o"
                return Sample(2)
            },
            peer: {
                calls += "p"
                return Sample(1)
            }, after: { pair, _, _ in seen.append(pair) })
        #expect(calls == "oppooppoop")
        #expect(seen == [0, 1, 2, 3, 4])
        #expect(pairs.ours.count == 5 && pairs.peer.count == 5)
    }

    @Test("the ratio is the median of the pairs' ratios: a change of the machine's speed cancels out")
    func ratio() {
        var (ours, peer) = ([100.0, 50, 10, 90, 80][...], [50.0, 25, 5, 45, 20][...])
        let pairs = PairSeries(
            5, ours: { Sample(ours.removeFirst()) }, peer: { Sample(peer.removeFirst()) })
        #expect(pairs.ratio == 2)
        #expect(pairs.oursMedian == 80 && pairs.peerMedian == 25)
    }

    @Test("a series is void where a side idled in its typical run, not for one idle run")
    func void() {
        func series(_ ours: [Double?], _ peer: [Double?]) -> PairSeries {
            var (ours, peer) = (ours[...], peer[...])
            return PairSeries(
                ours.count, ours: { Sample(1, busy: ours.removeFirst()) },
                peer: { Sample(1, busy: peer.removeFirst()) })
        }
        #expect(!series([0.99, 0.2, 0.97], [1, 1, 1]).isVoid)
        #expect(series([0.94, 0.2, 0.97], [1, 1, 1]).isVoid)
        #expect(series([1, 1, 1], [0.9, 0.9, 1]).isVoid)
        #expect(!series([nil, nil, nil], [nil, nil, nil]).isVoid)
        #expect(series([nil, 0.5, nil], [nil, nil, nil]).oursBusy == 0.5)
    }

    @Test("a failed run ends the series")
    func failure() {
        struct Broken: Error {}
        #expect(throws: Broken.self) {
            _ = try PairSeries(3, ours: { Sample(1) }, peer: { throw Broken() })
        }
    }
}
