/// Whom a gift pack is for.
package enum Audience: String, Sendable, CaseIterable {
    /// People who had no role in the game before the campaign opened.
    case new
    /// People who had one.
    case active
    case everyone
}

/// A gift pack of one game.
package struct Gift: Sendable, Equatable {
    package let id: String
    /// Dense and frozen: 0..<gifts; it is what binary forms carry and indexes `Catalog.gifts`.
    package let slot: UInt16
    /// The slot of its game.
    package let game: UInt8
    package let title: LocalizedText
    /// Path below StaticData/web, relative.
    package let image: String
    package let audience: Audience
    /// Packs there are at the start.
    package private(set) var stock: Int
    package let items: [Item]
    /// A pack of high value: its claims fall under the campaign's `ApprovalRules`.
    package let highValue: Bool
    /// What one pack is worth, in whatever unit the campaign counts; 0 where nobody said.
    package let value: Int
    /// A lucky packet's total and how it is split; nil = every claim gets `items` once.
    package let amount: AmountRule?
    /// `RankingWeights.dimensions` numbers in -1...1, or empty: then popularity stands in for preference.
    package private(set) var features: [Float]
    /// 0...1.
    package private(set) var popularity: Float
    /// 0...1, for each of the `CatalogLimits.segments` kinds of player; `popularity` where nobody told them
    /// apart.
    package private(set) var popularityBySegment: [Float]
    /// Since when the pack counts as fresh, Unix milliseconds.
    package let freshAtMs: Int64
    /// An operator holds the pack back: it may not be claimed for now.
    package let isPaused: Bool

    package init(
        id: String, slot: UInt16, game: UInt8, title: LocalizedText, image: String, audience: Audience,
        stock: Int, items: [Item], highValue: Bool, features: [Float], popularity: Float, freshAtMs: Int64,
        isPaused: Bool = false, popularityBySegment: [Float]? = nil, value: Int = 0,
        amount: AmountRule? = nil
    ) {
        let segments = CatalogLimits.segments
        precondition(popularityBySegment?.count ?? segments == segments, "popularity of \(id) by segment")
        self.id = id
        self.slot = slot
        self.game = game
        self.title = title
        self.image = image
        self.audience = audience
        self.stock = stock
        self.items = items
        self.highValue = highValue
        self.value = value
        self.amount = amount
        self.features = features
        self.popularity = popularity
        self.freshAtMs = freshAtMs
        self.isPaused = isPaused
        self.popularityBySegment =
            popularityBySegment ?? Array(repeating: popularity, count: segments)
    }

    /// The same gift with what a model says of it in place of its own features and popularity.
    func with(_ model: GiftModel) -> Gift {
        var gift = self
        gift.features = model.features
        gift.popularity = model.popularity
        gift.popularityBySegment = model.popularityBySegment
        return gift
    }

    /// The same gift with another stock.
    package func with(stock: Int) -> Gift {
        var gift = self
        gift.stock = stock
        return gift
    }
}

/// What a pack holds: `count` of the game's own item `id`.
package struct Item: Sendable, Equatable {
    package let id: String
    package let count: Int

    package init(id: String, count: Int) {
        self.id = id
        self.count = count
    }
}
