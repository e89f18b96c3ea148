import Catalog
import Testing
import Wire

@testable import Profiles

@Suite("The order of gift packs")
struct RankingTests {
    private static let weights = RankingWeights(
        preference: 0.7, popularity: 0.2, freshness: 0.1, freshHalfLifeMs: 1000, dimensions: 3)

    private func order(
        _ gifts: [(features: [Float], popularity: Float, freshAtMs: Int64)],
        _ standings: [GiftStanding]? = nil,
        preference: [Float] = [], weights: RankingWeights = weights, nowMs: Int64 = 0
    ) -> [UInt16] {
        Ranking(catalog: ProfileFixture.catalog(gifts: gifts, weights: weights)).order(
            standings: standings ?? Array(repeating: .claimable, count: gifts.count), preference: preference,
            nowMs: nowMs)
    }

    @Test("what can be claimed comes first, whatever is preferred; then what is unknown; then what is closed")
    func levels() {
        let gifts: [([Float], Float, Int64)] = [
            ([1, 0, 0], 1, 0), ([0, 1, 0], 0, 0), ([-1, 0, 0], 0, 0), ([1, 0, 0], 1, 0),
        ]
        #expect(
            order(gifts, [.closed, .needsRole, .claimable, .unknown], preference: [1, 0, 0]) == [2, 3, 1, 0])
    }

    @Test("within a level the nearest to the person's vector comes first")
    func preference() {
        let gifts: [([Float], Float, Int64)] = [
            ([0, 1, 0], 0.5, 0), ([1, 1, 0], 0.5, 0), ([9, 0, 0], 0.5, 0), ([-1, 0, 0], 0.5, 0),
        ]
        #expect(order(gifts, preference: [2, 0.1, 0]) == [2, 1, 0, 3])
        #expect(order(gifts, preference: [-2, 0, 0]) == [3, 0, 1, 2])
        // Only its direction counts, however small or large its numbers are.
        #expect(order(gifts, preference: [2e30, 1e29, 0]) == [2, 1, 0, 3])
        #expect(order(gifts, preference: [2e-30, 1e-31, 0]) == [2, 1, 0, 3])
    }

    @Test(
        "without a usable vector popularity decides",
        arguments: [[], [0, 0, 0], [1, 0], [1, 0, 0, 0], [.nan, 0, 0], [.infinity, 0, 0]] as [[Float]])
    func popularity(_ preference: [Float]) {
        let gifts: [([Float], Float, Int64)] = [([1, 0, 0], 0.1, 0), ([-1, 0, 0], 0.9, 0), ([], 0.5, 0)]
        #expect(order(gifts, preference: preference) == [1, 2, 0])
    }

    @Test("freshness halves every half-life and never grows again")
    func freshness() {
        let weights = RankingWeights(
            preference: 0, popularity: 0.5, freshness: 1, freshHalfLifeMs: 1000, dimensions: 3)
        let ranking = Ranking(
            catalog: ProfileFixture.catalog(
                gifts: [([], 0, 0), ([], 0, 5000), ([], 1, -10_000_000_000)], weights: weights))
        #expect(ranking.common(nowMs: 0).vector == [1, 1, 0.5])
        #expect(ranking.common(nowMs: 1000).vector == [0.5, 1, 0.5])
        #expect(ranking.common(nowMs: 6000).vector == [1 / 64, 0.5, 0.5])
        #expect(ranking.common(nowMs: 6000).plain.prefix(3) == [1 / 64, 0.5, 0.5])
    }

    @Test("equal scores stand by slot, and the same question has the same answer")
    func deterministic() {
        let same = Array(
            repeating: (features: [1, 0, 0] as [Float], popularity: Float(0.5), freshAtMs: Int64(0)),
            count: 50)
        #expect(order(same, preference: [0, 0, 1]) == Array(0..<50))
        var random = SplitMix64(seed: 7)
        let gifts: [([Float], Float, Int64)] = (0..<100).map { _ in
            ((0..<3).map { _ in .random(in: -1...1, using: &random) }, .random(in: 0...1, using: &random), 0)
        }
        let standings = (0..<100).map { _ in GiftStanding.allCases.randomElement(using: &random)! }
        let first = order(gifts, standings, preference: [0.3, -0.2, 0.9])
        for _ in 0..<5 { #expect(order(gifts, standings, preference: [0.3, -0.2, 0.9]) == first) }
        #expect(first.sorted() == Array(0..<100))
        let levels = first.map { standings[Int($0)] }
        #expect(levels == levels.sorted())
    }

    @Test("the order is that of the formula computed plainly")
    func formula() {
        var random = SplitMix64(seed: 8)
        for _ in 0..<50 {
            let weights = RankingWeights(
                preference: .random(in: 0...1, using: &random),
                popularity: .random(in: 0...1, using: &random),
                freshness: .random(in: 0...1, using: &random), freshHalfLifeMs: 1000, dimensions: 13)
            let gifts: [([Float], Float, Int64)] = (0..<20).map { _ in
                (
                    (0..<13).map { _ in .random(in: -1...1, using: &random) },
                    .random(in: 0...1, using: &random),
                    .random(in: 0...4000, using: &random)
                )
            }
            let person: [Float] = (0..<13).map { _ in .random(in: -1...1, using: &random) }
            let scores = gifts.map { features, popularity, freshAtMs -> Double in
                let dot = zip(person, features).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
                let norms = [person, features].map {
                    $0.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
                }
                let age = Double(max(0, 2000 - freshAtMs)) / 1000
                var fresh = 1.0
                // 2^-age by repeated square roots would blur it; ages are compared through the same power.
                fresh = age == 0 ? 1 : power(0.5, age)
                return Double(weights.preference) * (1 + dot / norms[0] / norms[1]) / 2
                    + Double(weights.popularity) * Double(popularity) + Double(weights.freshness) * fresh
            }
            let got = order(gifts, preference: person, weights: weights, nowMs: 2000).map { scores[Int($0)] }
            for (earlier, later) in zip(got, got.dropFirst()) { #expect(earlier >= later - 1e-5) }
        }
    }

    /// base^exponent for 0 <= exponent, by binary digits of the exponent down to 2^-30.
    private func power(_ base: Double, _ exponent: Double) -> Double {
        var result = 1.0
        for _ in 0..<Int(exponent) { result *= base }
        var rest = exponent - Double(Int(exponent))
        var root = base
        for _ in 0..<30 {
            root = root.squareRoot()
            rest *= 2
            if rest >= 1 {
                result *= root
                rest -= 1
            }
        }
        return result
    }
}
