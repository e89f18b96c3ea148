/// A whole campaign as the services use it: validated, immutable, indexed by slots.
///
/// Shape: `games[g].slot == g` and `gifts[g].slot == g`. Copying one costs a few reference counts; share it.
package struct Catalog: Sendable {
    package let campaign: Campaign
    /// Index = slot.
    package let games: [Game]
    /// Index = slot.
    package let gifts: [Gift]
    /// Gift slots of each game, ascending; index = game slot.
    package let giftsByGame: [[UInt16]]
    /// 16 hex digits over the bytes of the files, model included (FNV-1a, 64 bits): the same files, the same
    /// hash.
    package let contentHash: String
    /// How many gifts the campaign's model knows; nil = there is no model, and `gifts.json` speaks for
    /// itself.
    package let modelledGifts: Int?

    private let gameSlots: [String: UInt8]
    private let giftSlots: [String: UInt16]

    /// Indexes parts that are already valid (by `CatalogLoader`, or made by hand in a test).
    ///
    /// A slot out of its place is a broken invariant and traps.
    package init(
        campaign: Campaign, games: [Game], gifts: [Gift], contentHash: String, modelledGifts: Int? = nil
    ) {
        self.campaign = campaign
        self.games = games
        self.gifts = gifts
        self.contentHash = contentHash
        self.modelledGifts = modelledGifts
        var byGame = [[UInt16]](repeating: [], count: games.count)
        var gameSlots: [String: UInt8] = [:]
        var giftSlots: [String: UInt16] = [:]
        for (index, game) in games.enumerated() {
            precondition(Int(game.slot) == index, "game \(game.id) is not at its slot")
            gameSlots[game.id] = game.slot
        }
        for (index, gift) in gifts.enumerated() {
            precondition(Int(gift.slot) == index, "gift \(gift.id) is not at its slot")
            precondition(Int(gift.game) < games.count, "gift \(gift.id) is of no game")
            giftSlots[gift.id] = gift.slot
            byGame[Int(gift.game)].append(gift.slot)
        }
        giftsByGame = byGame
        self.gameSlots = gameSlots
        self.giftSlots = giftSlots
    }

    package func game(id: String) -> Game? {
        gameSlots[id].map { games[Int($0)] }
    }

    package func gift(id: String) -> Gift? {
        giftSlots[id].map { gifts[Int($0)] }
    }

    /// The same campaign with what a model says of its gifts, by id. A gift that the model does not know
    /// has no features then, since a vector learned with the others says nothing of features made by hand.
    package func with(model: [String: GiftModel]) -> Catalog {
        Catalog(
            campaign: campaign, games: games,
            gifts: gifts.map { $0.with(model[$0.id] ?? GiftModel(without: $0)) }, contentHash: contentHash,
            modelledGifts: model.count)
    }

    /// Whether the pack or its whole game is held back by an operator.
    package func isPaused(_ gift: Gift) -> Bool {
        gift.isPaused || games[Int(gift.game)].isPaused
    }

    /// The set of all game slots, bit g = game slot g.
    package var allGames: UInt64 {
        games.count == 64 ? .max : (1 << UInt64(games.count)) - 1
    }
}
