import Catalog
import Glibc

/// Puts a campaign's gift packs in a person's order, in two levels.
///
/// First level: `GiftStanding`. Second level, within a standing, higher scores first:
/// ```
/// score = wp · (1 + cos(p, f)) / 2 + wq · q + wf · 2^(-age / half-life)
/// ```
/// p is the person's preference vector, f the gift's features, q its popularity, age the time since the gift
/// became fresh (0 before). The weights are the campaign's `RankingWeights`. A gift without features gets
/// `wp · q` for the first term. A person without a vector gets `wp · q` for all gifts, and q is the
/// popularity in the person's `Segment` then. Equal scores: the lower slot first.
///
/// Last, within each standing, no more than `RankingWeights.neighbours` gifts of one game stand next to each
/// other where another game's gift of the same standing is left to stand between (`RankingScratch.spread`).
///
/// Sources: the cosine of the vector space model, Salton, Wong and Yang, "A Vector Space Model for Automatic
/// Indexing", CACM 18(11), 1975; ranking items by it, Pazzani and Billsus, "Content-Based Recommendation
/// Systems", 2007. Exponential decay by a half-life is that of radioactivity. Greedy re-ranking for
/// diversity: Carbonell and Goldstein, "The Use of MMR", SIGIR 1998, with the game as the only likeness.
package struct Ranking: Sendable {
    /// The part of the scores that is the same for everybody at a time. Compute it once a second, not once a
    /// request.
    package struct Common: Sendable {
        /// By gift slot, of people with a vector: all of the score but `wp / 2 · cos`.
        let vector: [Float]
        /// By segment and gift slot, of people without one: the whole score.
        let plain: [Float]
        /// By segment: gift slots, best first, of people without a vector.
        let plainOrder: [UInt16]
    }

    private let weights: RankingWeights
    private let popularity: [Float]
    /// By segment and gift slot.
    private let popularityBySegment: [Float]
    private let freshAtMs: [Int64]
    private let gameOfGift: [UInt8]
    private let hasFeatures: [Bool]
    /// `wp / 2` times the unit features, by dimension and gift slot: a gift's neighbour in memory is the next
    /// gift, so that whole rows are multiplied and added without a sum across. Rows are `stride` long; there
    /// are zeros where there is no gift, and rows of zeros up to a multiple of four.
    private let directions: [Float]
    private let stride: Int
    private let rows: Int

    package init(catalog: Catalog) {
        let weights = catalog.campaign.ranking
        let gifts = catalog.gifts
        precondition(gifts.count <= RankingScratch.capacity && weights.dimensions <= CatalogLimits.dimensions)
        stride = (gifts.count + 7) & ~7
        rows = (weights.dimensions + 3) & ~3
        var directions = [Float](repeating: 0, count: stride * rows)
        var hasFeatures: [Bool] = []
        for (slot, gift) in gifts.enumerated() {
            let scale = gift.features.withUnsafeBufferPointer {
                Self.inverseLength($0, dimensions: weights.dimensions)
            }
            hasFeatures.append(scale > 0)
            guard scale > 0 else { continue }
            for (dimension, value) in gift.features.enumerated() {
                directions[dimension * stride + slot] = weights.preference / 2 * Float(Double(value) * scale)
            }
        }
        self.weights = weights
        self.directions = directions
        self.hasFeatures = hasFeatures
        popularity = gifts.map(\.popularity)
        popularityBySegment = Segment.allCases.flatMap { segment in
            gifts.map { $0.popularityBySegment[segment.rawValue] }
        }
        freshAtMs = gifts.map(\.freshAtMs)
        gameOfGift = gifts.map(\.game)
    }

    /// What is the same for everybody at a time.
    package func common(nowMs: Int64) -> Common {
        let freshness = freshAtMs.map { freshAtMs in
            weights.freshness * exp2f(-Float(max(0, nowMs - freshAtMs)) / Float(weights.freshHalfLifeMs))
        }
        let vector = popularity.indices.map { slot in
            let affinity = weights.preference * (hasFeatures[slot] ? 0.5 : popularity[slot])
            return affinity + weights.popularity * popularity[slot] + freshness[slot]
        }
        let plain = popularityBySegment.indices.map { index in
            (weights.preference + weights.popularity) * popularityBySegment[index]
                + freshness[index % popularity.count]
        }
        let plainOrder = Segment.allCases.flatMap { segment in
            let scores = plain[(segment.rawValue * popularity.count)...].prefix(popularity.count)
            // The sort of a Swift array is stable, but nobody promises it: the slot is part of the key.
            return scores.enumerated().map { slot, score in
                UInt64(Self.descending(score)) << 16 | UInt64(slot)
            }.sorted().map { UInt16(truncatingIfNeeded: $0) }
        }
        return Common(vector: vector, plain: plain, plainOrder: plainOrder)
    }

    /// Puts all gift slots in a person's order into `scratch.order`. Allocates nothing; O(n · dimensions).
    ///
    /// - Parameters:
    ///   - standings: index = gift slot, one for every gift of the catalog.
    ///   - preference: the person's vector; empty, of another length than the campaign's, zero or not finite
    ///     = none.
    ///   - segment: `Segment(profile)`; only read where there is no vector.
    ///   - common: `common(nowMs:)` of this ranking.
    package func order(
        standings: UnsafeBufferPointer<GiftStanding>, preference: UnsafeBufferPointer<Float>,
        segment: Segment, common: borrowing Common, into scratch: inout RankingScratch
    ) {
        let scale = Self.inverseLength(preference, dimensions: weights.dimensions)
        if scale > 0 {
            for dimension in 0..<preference.count {
                scratch.person[dimension] = Float(Double(preference[dimension]) * scale)
            }
        }
        order(standings, hasVector: scale > 0, segment, common, &scratch)
    }

    /// The same for a vector as the compact form of a profile keeps it: the cosine asks for no scale.
    package func order(
        standings: UnsafeBufferPointer<GiftStanding>, preference: UnsafeBufferPointer<Int8>,
        segment: Segment, common: borrowing Common, into scratch: inout RankingScratch
    ) {
        var squares: Int32 = 0
        if preference.count == weights.dimensions {
            for value in preference { squares &+= Int32(value) &* Int32(value) }
        }
        if squares > 0 {
            let scale = 1 / Float(squares).squareRoot()
            for dimension in 0..<preference.count {
                scratch.person[dimension] = Float(preference[dimension]) * scale
            }
        }
        order(standings, hasVector: squares > 0, segment, common, &scratch)
    }

    /// The same where speed does not matter.
    package func order(
        standings: [GiftStanding], preference: [Float], segment: Segment = .stranger, common: Common
    ) -> [UInt16] {
        var scratch = RankingScratch()
        standings.withUnsafeBufferPointer { standings in
            preference.withUnsafeBufferPointer { preference in
                order(
                    standings: standings, preference: preference, segment: segment, common: common,
                    into: &scratch)
            }
        }
        return Array(scratch.order)
    }

    package func order(
        standings: [GiftStanding], preference: [Float], segment: Segment = .stranger, nowMs: Int64
    ) -> [UInt16] {
        order(
            standings: standings, preference: preference, segment: segment, common: common(nowMs: nowMs))
    }

    // MARK: - The parts of an order

    /// `scratch.person` holds the unit vector, if there is one.
    private func order(
        _ standings: UnsafeBufferPointer<GiftStanding>, hasVector: Bool, _ segment: Segment,
        _ common: borrowing Common, _ scratch: inout RankingScratch
    ) {
        let count = popularity.count
        precondition(standings.count == count && common.vector.count == count)
        scratch.count = count
        scratch.divide(standings)
        if hasVector {
            score(common, scratch)
            sortByScore(standings, scratch)
        } else {
            takePlain(standings, segment, common, scratch)
        }
        guard let most = weights.neighbours else { return }
        gameOfGift.withUnsafeBufferPointer { games in
            guard let games = games.baseAddress else { return }
            for level in 0..<RankingScratch.standings {
                let range = scratch.starts[level]..<scratch.starts[level &+ 1]
                scratch.spread(range, games: games, most: most)
            }
        }
    }

    /// Writes every gift's score for the person.
    private func score(_ common: borrowing Common, _ scratch: borrowing RankingScratch) {
        let (scores, person, stride) = (scratch.scores, scratch.person, stride)
        common.vector.withUnsafeBufferPointer { base in
            for slot in 0..<base.count { scores[slot] = base[slot] }
        }
        directions.withUnsafeBufferPointer { directions in
            guard var row = directions.baseAddress else { return }
            var dimension = 0
            while dimension < rows {
                let (p0, p1) = (person[dimension], person[dimension &+ 1])
                let (p2, p3) = (person[dimension &+ 2], person[dimension &+ 3])
                let (r1, r2, r3) = (row + stride, row + 2 &* stride, row + 3 &* stride)
                for slot in 0..<stride {
                    scores[slot] += (p0 * row[slot] + p1 * r1[slot]) + (p2 * r2[slot] + p3 * r3[slot])
                }
                row += 4 &* stride
                dimension &+= 4
            }
        }
    }

    private func sortByScore(
        _ standings: UnsafeBufferPointer<GiftStanding>, _ scratch: borrowing RankingScratch
    ) {
        let (keys, nexts, scores) = (scratch.keys, scratch.nexts, scratch.scores)
        for slot in 0..<standings.count {
            let level = Int(standings[slot].rawValue)
            keys[nexts[level]] = UInt64(Self.descending(scores[slot])) << 16 | UInt64(slot)
            nexts[level] &+= 1
        }
        for level in 0..<RankingScratch.standings {
            scratch.sortKeys(scratch.starts[level]..<scratch.starts[level &+ 1])
        }
        for place in 0..<standings.count {
            scratch.slots[place] = UInt16(truncatingIfNeeded: keys[place])
        }
    }

    /// Everybody of a segment without a vector has the same order within a level: it is only dealt out.
    private func takePlain(
        _ standings: UnsafeBufferPointer<GiftStanding>, _ segment: Segment, _ common: borrowing Common,
        _ scratch: borrowing RankingScratch
    ) {
        let (slots, nexts, count) = (scratch.slots, scratch.nexts, standings.count)
        common.plainOrder.withUnsafeBufferPointer { order in
            for place in (segment.rawValue &* count)..<((segment.rawValue &+ 1) &* count) {
                let slot = order[place]
                let level = Int(standings[Int(slot)].rawValue)
                slots[nexts[level]] = slot
                nexts[level] &+= 1
            }
        }
    }

    /// 1 / |v|, or 0 where v gives no direction. In doubles, so that squares neither overflow nor vanish.
    private static func inverseLength(_ values: UnsafeBufferPointer<Float>, dimensions: Int) -> Double {
        guard values.count == dimensions else { return 0 }
        var squares = SIMD4<Double>.zero
        var index = 0
        while index &+ 4 <= dimensions {
            let four = SIMD4(
                Double(values[index]), Double(values[index &+ 1]), Double(values[index &+ 2]),
                Double(values[index &+ 3]))
            squares += four * four
            index &+= 4
        }
        while index < dimensions {
            squares[0] += Double(values[index]) * Double(values[index])
            index &+= 1
        }
        let sum = squares[0] + squares[1] + squares[2] + squares[3]
        return sum > 0 && sum.isFinite ? 1 / sum.squareRoot() : 0
    }

    /// A score's bits so that ascending unsigned numbers are descending scores.
    private static func descending(_ score: Float) -> UInt32 {
        let bits = score.bitPattern
        return bits & 0x8000_0000 == 0 ? ~(bits | 0x8000_0000) : bits
    }
}
