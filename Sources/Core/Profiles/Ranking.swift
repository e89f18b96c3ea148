import Catalog
import Glibc

/// Puts a campaign's gift packs in a person's order, in two levels.
///
/// First level: `GiftStanding`. Second level, within a standing, higher scores first:
/// ```
/// score = wp · (1 + cos(p, f)) / 2 + wq · popularity + wf · 2^(-age / half-life)
/// ```
/// p is the person's preference vector, f the gift's features, age the time since the gift became fresh (0
/// before). The weights are the campaign's `RankingWeights`. A person without a vector, or a gift without
/// features, gets `wp · popularity` for the first term. Equal scores: the lower slot first.
///
/// Sources: the cosine of the vector space model, Salton, Wong and Yang, "A Vector Space Model for Automatic
/// Indexing", CACM 18(11), 1975; ranking items by it, Pazzani and Billsus, "Content-Based Recommendation
/// Systems", 2007. Exponential decay by a half-life is that of radioactivity.
package struct Ranking: Sendable {
    private typealias Lane = SIMD8<Float>

    private let weights: RankingWeights
    private let popularity: [Float]
    private let freshAtMs: [Int64]
    /// Unit features of each gift, each padded with zeros to whole lanes.
    private let directions: [Lane]
    private let hasFeatures: [Bool]
    private let lanes: Int

    package init(catalog: Catalog) {
        weights = catalog.campaign.ranking
        popularity = catalog.gifts.map(\.popularity)
        freshAtMs = catalog.gifts.map(\.freshAtMs)
        lanes = (weights.dimensions + Lane.scalarCount - 1) / Lane.scalarCount
        var directions: [Lane] = []
        var hasFeatures: [Bool] = []
        for gift in catalog.gifts {
            let unit = Self.unit(gift.features, lanes: lanes, dimensions: weights.dimensions)
            hasFeatures.append(unit != nil)
            directions += unit ?? [Lane](repeating: .zero, count: lanes)
        }
        self.directions = directions
        self.hasFeatures = hasFeatures
    }

    /// The part of the scores that is the same for everybody at a time; index = gift slot. Compute it once a
    /// second, not once a request.
    package func common(nowMs: Int64) -> [Float] {
        popularity.indices.map { slot in
            let age = Float(max(0, nowMs - freshAtMs[slot])) / Float(weights.freshHalfLifeMs)
            return weights.popularity * popularity[slot] + weights.freshness * exp2f(-age)
        }
    }

    /// Gift slots in order.
    ///
    /// - Parameters:
    ///   - standings: index = gift slot, one for every gift of the catalog.
    ///   - preference: the person's vector; empty, or of another length than the campaign's = none.
    ///   - common: `common(nowMs:)`.
    package func order(standings: [GiftStanding], preference: [Float], common: [Float]) -> [UInt16] {
        precondition(standings.count == popularity.count && common.count == popularity.count)
        let person = Self.unit(preference, lanes: lanes, dimensions: weights.dimensions)
        var keys: [UInt64] = []
        keys.reserveCapacity(standings.count)
        for slot in standings.indices {
            let score = common[slot] + weights.preference * affinity(slot, person)
            keys.append(
                UInt64(standings[slot].rawValue) << 48 | UInt64(~Self.ordered(score)) << 16 | UInt64(slot))
        }
        keys.sort()
        return keys.map { UInt16(truncatingIfNeeded: $0) }
    }

    /// The same for a time, where speed does not matter.
    package func order(standings: [GiftStanding], preference: [Float], nowMs: Int64) -> [UInt16] {
        order(standings: standings, preference: preference, common: common(nowMs: nowMs))
    }

    private func affinity(_ slot: Int, _ person: [Lane]?) -> Float {
        guard let person, hasFeatures[slot] else { return popularity[slot] }
        var sum = Lane.zero
        for lane in 0..<lanes { sum += person[lane] * directions[slot * lanes + lane] }
        return (1 + sum.sum()) / 2
    }

    private static func unit(_ values: [Float], lanes: Int, dimensions: Int) -> [Lane]? {
        guard values.count == dimensions, values.allSatisfy(\.isFinite) else { return nil }
        // The largest is taken out first, so that squares neither overflow nor vanish.
        let largest = values.reduce(Float(0)) { max($0, abs($1)) }
        guard largest > 0 else { return nil }
        var out = [Lane](repeating: .zero, count: lanes)
        for (index, value) in values.enumerated() {
            out[index / Lane.scalarCount][index % Lane.scalarCount] = value / largest
        }
        let squares = out.reduce(Lane.zero) { $0 + $1 * $1 }
        let length = squares.sum().squareRoot()
        return out.map { $0 / length }
    }

    /// A float's bits so that unsigned comparison orders them as floats are ordered.
    private static func ordered(_ value: Float) -> UInt32 {
        let bits = value.bitPattern
        return bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
    }
}
