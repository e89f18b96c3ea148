/// What was learned about a gift pack from what people claimed; it stands in the campaign's model.json.
package struct GiftModel: Sendable, Equatable {
    /// `RankingWeights.dimensions` numbers in -1...1, or empty where nothing could be learned.
    package let features: [Float]
    /// 0...1, beside a person's vector.
    package let popularity: Float
    /// 0...1 each, for people without a vector, by kind of player.
    package let popularityBySegment: [Float]

    package init(features: [Float], popularity: Float, popularityBySegment: [Float]) {
        self.features = features
        self.popularity = popularity
        self.popularityBySegment = popularityBySegment
    }

    /// Of a gift that the model does not know: what gifts.json says of its popularity, and no features.
    init(without gift: Gift) {
        self.init(
            features: [], popularity: gift.popularity, popularityBySegment: gift.popularityBySegment)
    }
}
