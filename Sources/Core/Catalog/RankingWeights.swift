/// How the preference level of the ranking mixes its three parts; each weight is 0...1 and one is above 0.
package struct RankingWeights: Sendable, Equatable {
    /// Weight of the cosine between the person's preference vector and the gift's features.
    package let preference: Float
    /// Weight of the gift's popularity.
    package let popularity: Float
    /// Weight of the gift's freshness, which halves every `freshHalfLifeMs` after the gift's `freshAtMs`.
    package let freshness: Float
    package let freshHalfLifeMs: Int64
    /// Length of every preference vector and every gift's features, 1...64.
    package let dimensions: Int
    /// So many gifts of one game may stand next to each other, 1...16; nil = as many as come.
    package let neighbours: Int?

    package init(
        preference: Float, popularity: Float, freshness: Float, freshHalfLifeMs: Int64, dimensions: Int,
        neighbours: Int? = nil
    ) {
        self.preference = preference
        self.popularity = popularity
        self.freshness = freshness
        self.freshHalfLifeMs = freshHalfLifeMs
        self.dimensions = dimensions
        self.neighbours = neighbours
    }
}
