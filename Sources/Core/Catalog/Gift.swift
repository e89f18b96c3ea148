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
    package let stock: Int
    package let items: [Item]
    /// A pack of high value; what follows from it is the services' matter.
    package let highValue: Bool
    /// `RankingWeights.dimensions` numbers in -1...1, or empty: then popularity stands in for preference.
    package let features: [Float]
    /// 0...1.
    package let popularity: Float
    /// Since when the pack counts as fresh, Unix milliseconds.
    package let freshAtMs: Int64

    package init(
        id: String, slot: UInt16, game: UInt8, title: LocalizedText, image: String, audience: Audience,
        stock: Int, items: [Item], highValue: Bool, features: [Float], popularity: Float, freshAtMs: Int64
    ) {
        self.id = id
        self.slot = slot
        self.game = game
        self.title = title
        self.image = image
        self.audience = audience
        self.stock = stock
        self.items = items
        self.highValue = highValue
        self.features = features
        self.popularity = popularity
        self.freshAtMs = freshAtMs
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
