import Catalog
import Glibc
import Profiles

/// A learned model in the form in which `Ranking` serves it: cosine, popularity and freshness by the
/// campaign's weights.
///
/// What was learned is an inner product and an appeal, ⟨p, f⟩ + b. A cosine forgets how long its vectors are,
/// and with that how sure a taste is beside what everybody likes; so two dimensions are kept for lengths:
/// ```
/// p' = (p / R, √(1 - |p / R|²), 0)    f' = (f / F, 0, √(1 - |f / F|²))    cos(p', f') = ⟨p, f⟩ / (R · F)
/// ```
/// with F the longest of all features and R · F = T · wp / 2 (the reduction of greatest inner products to
/// nearest directions: Bachrach et al., "Speeding Up the Xbox Recommender System Using a Euclidean
/// Transformation for Inner-Product Spaces", RecSys 2014; Neyshabur and Srebro, ICML 2015). Then T times the
/// served score is the learned utility, when the popularity beside a vector is
/// `q = (b - T · wf · freshness) / (T · wq)` but for a constant. T is the least that leaves all q within a
/// range of 1 and 99 of 100 tastes shorter than R; the longest are cut to R.
struct ServedModel: Sendable {
    /// Dimensions that lengths take.
    static let lengthDimensions = 2
    /// Numbers are written with four decimals: 1/20 of a step of the signed byte that a vector ends in.
    static let decimals: Float = 10_000

    let dimensions: Int
    /// By id: the packs that stood in a choice.
    let gifts: [String: GiftModel]
    private let model: ChoiceModel
    private let tasteLimit: Float
    private let hasTaste: [Bool]

    /// - Parameters:
    ///   - nowMs: when the last choice was made; freshness is that of then.
    init(
        _ model: ChoiceModel, sample: ChoiceSample, popularity: SegmentPopularity, catalog: Catalog,
        nowMs: Int64
    ) {
        let weights = catalog.campaign.ranking
        self.model = model
        dimensions = weights.dimensions
        precondition(model.rank + Self.lengthDimensions <= dimensions)
        var hasTaste = [Bool](repeating: false, count: sample.people)
        for person in sample.person { hasTaste[Int(person)] = true }
        for person in 0..<sample.people where sample.games[person] != 0 { hasTaste[person] = true }
        self.hasTaste = hasTaste
        var isKnown = [Bool](repeating: false, count: sample.gifts)
        for gift in sample.gift { isKnown[Int(gift)] = true }
        let known = catalog.gifts.filter { isKnown[Int($0.slot)] }

        let featureLength = known.map { Self.length(model.features, Int($0.slot), model.rank) }.max() ?? 0
        let lengths = (0..<sample.people).filter { hasTaste[$0] }
            .map { Self.length(model.tastes, $0, model.rank) }.sorted()
        let usual = lengths.isEmpty ? 0 : lengths[(lengths.count - 1) * 99 / 100]
        let freshness = known.map { Self.freshness($0, weights, nowMs) }
        let appeal = known.map { model.appeal[Int($0.slot)] }
        let scale = Self.scale(
            appeal, freshness, weights, least: 2 * usual * featureLength / max(weights.preference, 1e-6))
        tasteLimit = featureLength > 0 ? scale * weights.preference / 2 / featureLength : 0

        let rest = zip(appeal, freshness).map { $0 - scale * weights.freshness * $1 }
        let least = rest.min() ?? 0
        let unit = scale * weights.popularity
        var gifts: [String: GiftModel] = [:]
        for (index, gift) in known.enumerated() {
            let features = Self.onSphere(
                model.features, Int(gift.slot), model.rank, limit: featureLength, dimensions,
                lengthAt: dimensions - 1)
            let share = unit > 0 ? min(1, max(0, (rest[index] - least) / unit)) : 0
            gifts[gift.id] = GiftModel(
                features: features ?? [], popularity: Self.rounded(share),
                popularityBySegment: popularity.shares[Int(gift.slot)].map(Self.rounded))
        }
        self.gifts = gifts
    }

    /// The vector of a person, by index in the log; nil where neither a choice nor a game tells of a taste.
    func vector(of person: Int) -> [Float]? {
        guard hasTaste[person] else { return nil }
        return Self.onSphere(
            model.tastes, person, model.rank, limit: tasteLimit, dimensions, lengthAt: dimensions - 2)
    }

    // MARK: - Lengths

    /// The least scale from `least` on at which appeal and freshness fit into a popularity of 0...1.
    private static func scale(
        _ appeal: [Float], _ freshness: [Float], _ weights: RankingWeights, least: Float
    ) -> Float {
        var scale = max(least, 1e-3)
        // Where popularity weighs too little beside freshness nothing fits; then it is cut off.
        for _ in 0..<100 {
            let rest = zip(appeal, freshness).map { $0 - scale * weights.freshness * $1 }
            let range = (rest.max() ?? 0) - (rest.min() ?? 0)
            if range <= scale * weights.popularity || weights.popularity == 0 { return scale }
            if scale > 16 * max(least, range) { return max(least, 1e-3) }
            scale *= 1.05
        }
        return scale
    }

    private static func freshness(_ gift: Gift, _ weights: RankingWeights, _ nowMs: Int64) -> Float {
        exp2f(-Float(max(0, nowMs - gift.freshAtMs)) / Float(weights.freshHalfLifeMs))
    }

    private static func length(_ values: [Float], _ index: Int, _ rank: Int) -> Float {
        values[(index * rank)..<((index + 1) * rank)].reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    /// A unit vector whose first `rank` numbers are the values over `limit`, and whose length is made up for
    /// at `lengthAt`.
    private static func onSphere(
        _ values: [Float], _ index: Int, _ rank: Int, limit: Float, _ dimensions: Int, lengthAt: Int
    ) -> [Float]? {
        let length = length(values, index, rank)
        guard limit > 0, length.isFinite else { return nil }
        let scale = 1 / max(limit, length)
        var out = [Float](repeating: 0, count: dimensions)
        for dimension in 0..<rank { out[dimension] = rounded(values[index * rank + dimension] * scale) }
        let rest = 1 - (length * scale) * (length * scale)
        out[lengthAt] = rounded(max(0, rest).squareRoot())
        return out
    }

    static func rounded(_ value: Float) -> Float {
        (value * decimals).rounded() / decimals
    }
}
