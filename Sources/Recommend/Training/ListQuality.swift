import Glibc

/// How good an order of packs is, by where it put what people then took; one pack a list counts.
///
/// NDCG@10 (Järvelin and Kekäläinen, "Cumulated Gain-Based Evaluation of IR Techniques", TOIS 20(4), 2002):
/// with one relevant pack 1 / log2(1 + its place) within the first ten, else 0. Recall@10: how often it is
/// within the first ten. Coverage: the share of all packs that stand in anybody's first ten.
struct ListQuality: Sendable {
    static let depth = 10

    private(set) var lists = 0
    private var gain = 0.0
    private var gainSquares = 0.0
    private var hits = 0
    private var isShown: [Bool]

    init(gifts: Int) {
        isShown = Array(repeating: false, count: gifts)
    }

    mutating func add(_ order: some Collection<UInt16>, taken: UInt16) {
        lists += 1
        for (place, slot) in order.prefix(Self.depth).enumerated() {
            isShown[Int(slot)] = true
            guard slot == taken else { continue }
            let own = 1 / log2(Double(place + 2))
            gain += own
            gainSquares += own * own
            hits += 1
        }
    }

    var ndcg: Double { lists == 0 ? 0 : gain / Double(lists) }
    var recall: Double { lists == 0 ? 0 : Double(hits) / Double(lists) }
    var coverage: Double { Double(isShown.count { $0 }) / Double(max(1, isShown.count)) }

    /// Standard error of `ndcg`.
    var ndcgError: Double {
        guard lists > 1 else { return 0 }
        let variance = max(0, gainSquares / Double(lists) - ndcg * ndcg)
        return (variance / Double(lists - 1)).squareRoot()
    }
}
