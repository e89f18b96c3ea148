import Catalog
import NIOCore
import Wire

/// What a page needs of the catalog: names of games and regions, packs and what is in them; the same for
/// everybody.
///
/// Its path holds the hash of its bytes, so that whoever has it has it for ever.
struct CatalogDocument: Sendable {
    /// The directory of all of them.
    static let folder = "/catalog/"
    private static let cacheControl = "public, max-age=31536000, immutable"

    /// `/catalog/<16 hex digits>.json`.
    let path: String
    let page: Page

    /// - Parameter known: the document is one of these when it is the same.
    init(_ catalog: Catalog, known: [CatalogDocument] = []) throws(CompressionFault) {
        let bytes = Self.bytes(catalog)
        let path = "\(Self.folder)\(ContentHash.hex([bytes])).json"
        if let same = known.first(where: { $0.path == path }) {
            self = same
            return
        }
        self.path = path
        page = try Page(
            Page.Source(
                type: ContentTypes.json, cacheControl: Self.cacheControl, fields: [],
                body: ByteBuffer(bytes: bytes)))
    }

    private static func bytes(_ catalog: Catalog) -> [UInt8] {
        var json = JSONWriter(reserving: 64 << 10)
        json.beginObject()
        json.key("campaign")
        json.string(catalog.campaign.id)
        json.key("title")
        json.localized(catalog.campaign.title)
        json.key("games")
        json.beginArray()
        for game in catalog.games { write(game, &json) }
        json.endArray()
        json.key("gifts")
        json.beginArray()
        for gift in catalog.gifts { write(gift, catalog.games[Int(gift.game)], &json) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    private static func write(_ game: Game, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("id")
        json.string(game.id)
        json.key("name")
        json.localized(game.name)
        json.key("regions")
        json.beginArray()
        for region in game.regions {
            json.beginObject()
            json.key("id")
            json.string(region.id)
            json.key("name")
            json.localized(region.name)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private static func write(_ gift: Gift, _ game: Game, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("id")
        json.string(gift.id)
        json.key("game")
        json.string(game.id)
        json.key("title")
        json.localized(gift.title)
        json.key("image")
        json.string("/" + gift.image)
        json.key("audience")
        json.string(gift.audience.rawValue)
        json.key("items")
        json.beginArray()
        for item in gift.items {
            json.beginObject()
            json.key("id")
            json.string(item.id)
            json.key("count")
            json.integer(Int64(item.count))
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }
}
