import Catalog
import Wire

/// The parts of a list that are the same for everybody, written once when the catalog is loaded.
struct GiftTable: Sendable {
    /// `{"campaign":"…","degraded":`
    let head: [UInt8]
    /// Of each gift, `{"id":…,"game":…,"title":…,"image":…,"audience":…,"claimable":`; index = slot.
    let gifts: [[UInt8]]
    /// The ids of games as JSON strings; index = slot.
    let games: [[UInt8]]
    /// Of each region, `{"region":"…","role":"`; index = game slot, region slot.
    let regions: [[[UInt8]]]
    /// Of each gift, its game's slot.
    let gameOfGift: [UInt8]
    /// What a list takes at least, for the buffer.
    let bytes: Int

    init(_ catalog: Catalog) {
        head = Array("{\"campaign\":".utf8) + Self.string(catalog.campaign.id) + Array(",\"degraded\":".utf8)
        games = catalog.games.map { Self.string($0.id) }
        regions = catalog.games.map { game in
            game.regions.map { Array("{\"region\":".utf8) + Self.string($0.id) + Array(",\"role\":\"".utf8) }
        }
        gameOfGift = catalog.gifts.map(\.game)
        gifts = catalog.gifts.map { gift in Self.gift(gift, catalog.games[Int(gift.game)]) }
        bytes = gifts.reduce(head.count + 64) { $0 + $1.count + 96 }
    }

    private static func gift(_ gift: Gift, _ game: Game) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("id")
        json.string(gift.id)
        json.key("game")
        json.string(game.id)
        json.key("title")
        json.beginObject()
        json.key("en")
        json.string(gift.title.en)
        json.key("zh")
        json.string(gift.title.zh)
        json.endObject()
        json.key("image")
        json.string("/" + gift.image)
        json.key("audience")
        json.string(gift.audience.rawValue)
        json.key("claimable")
        return json.bytes
    }

    private static func string(_ text: String) -> [UInt8] {
        var json = JSONWriter()
        json.string(text)
        return json.bytes
    }
}
