/// One run of one side: its figure, and how busy the core was that the side had to itself.
package struct Sample: Sendable, Equatable {
    package var value: Double
    /// 0...1 of one core; nil where the figure is no throughput.
    package var busy: Double?

    package init(_ value: Double, busy: Double? = nil) {
        self.value = value
        self.busy = busy
    }
}

/// Both sides run in turn, again and again, so that what the machine does meanwhile hits both alike.
package struct PairSeries: Sendable, Equatable {
    /// A throughput counts only where its side was what limited it.
    package static let leastBusy = 0.95

    package private(set) var ours: [Sample] = []
    package private(set) var peer: [Sample] = []

    /// Runs `count` pairs; who begins alternates from pair to pair.
    package init(
        _ count: Int, ours runOurs: () throws -> Sample, peer runPeer: () throws -> Sample,
        after: (_ pair: Int, _ ours: Sample, _ peer: Sample) -> Void = { _, _, _ in }
    ) rethrows {
        precondition(count > 0)
        for pair in 0..<count {
            if pair % 2 == 0 {
                ours.append(try runOurs())
                peer.append(try runPeer())
            } else {
                peer.append(try runPeer())
                ours.append(try runOurs())
            }
            after(pair, ours[pair], peer[pair])
        }
    }

    package var oursMedian: Double { Median.of(ours.map(\.value)) }
    package var peerMedian: Double { Median.of(peer.map(\.value)) }
    /// The median of the pairs' own ratios, ours ÷ peer.
    package var ratio: Double { Median.of(zip(ours, peer).map { $0.value / $1.value }) }
    package var oursBusy: Double? { Self.busy(ours) }
    package var peerBusy: Double? { Self.busy(peer) }

    /// Whether a side idled in its typical run, so that something else was measured.
    package var isVoid: Bool {
        [oursBusy, peerBusy].contains { $0.map { $0 < Self.leastBusy } ?? false }
    }

    private static func busy(_ samples: [Sample]) -> Double? {
        let known = samples.compactMap(\.busy)
        return known.isEmpty ? nil : Median.of(known)
    }
}
