import Catalog
import Orders
import Wire

/// The parts of a list that are the same for everybody, written once when the catalog is loaded, so that a
/// list is a few copies.
struct GiftTable: Sendable {
    /// `{"campaign":"…","degraded":`
    let head: [UInt8]
    /// Of each gift `,{"id":…,"game":…,"title":…,"image":…,"audience":…,"claimable":`, one after the other;
    /// then the tails, of which one follows a fragment, up to the roles.
    let text: [UInt8]
    /// Where each fragment begins, and where the last one ends; index = slot.
    let starts: [Int32]
    /// Index = `Verdict.rawValue`.
    let tails: [(start: Int32, count: Int32)]
    /// The ids of games as JSON strings; index = slot.
    let games: [[UInt8]]
    /// Of each region `{"region":"…","role":"`; index = game slot, region slot.
    let regions: [[[UInt8]]]
    /// No role's text is longer, its comma included.
    let longestRole: Int
    /// Index = gift slot.
    let gameOfGift: [UInt8]
    /// `GiftTable.audience` of each gift; index = slot.
    let audienceOfGift: [UInt8]
    /// Gifts of each game; index = slot.
    let giftsOfGame: [Int]
    /// By audience and registration; index = `audience * Registration.count + registration`.
    let verdicts: [Verdict]
    /// Why nobody may have a pack at the moment, as far as the catalog says: `.unknown` where nothing stands
    /// against it. Index = slot.
    let stopped: [Verdict]
    /// `head`, all fragments and tails, all games' ids: no list without its roles is longer.
    let mostBytes: Int

    /// What the list says of a pack.
    struct Verdict: RawRepresentable, Equatable, Sendable {
        /// Index into `tails`.
        let rawValue: UInt8

        static let yes = Verdict(rawValue: 0)
        static let unknown = Verdict(rawValue: 1)
        static let count = 2 + Refusal.allCases.count

        init(rawValue: UInt8) { self.rawValue = rawValue }

        init(_ refusal: Refusal) {
            rawValue = UInt8(2 + Refusal.allCases.firstIndex(of: refusal)!)
        }

        init(_ claimability: Claimability) {
            switch claimability {
            case .yes: self = .yes
            case .unknown: self = .unknown
            case .no(let refusal): self = Verdict(refusal)
            }
        }
    }

    init(_ catalog: Catalog) {
        head = Array("{\"campaign\":".utf8) + Self.string(catalog.campaign.id) + Array(",\"degraded\":".utf8)
        games = catalog.games.map { Self.string($0.id) }
        regions = catalog.games.map { game in
            game.regions.map { Array("{\"region\":".utf8) + Self.string($0.id) + Array(",\"role\":\"".utf8) }
        }
        gameOfGift = catalog.gifts.map(\.game)
        audienceOfGift = catalog.gifts.map { UInt8(Audience.allCases.firstIndex(of: $0.audience)!) }
        giftsOfGame = catalog.giftsByGame.map(\.count)
        verdicts = Audience.allCases.flatMap { audience in
            Registration.allCases.map { Verdict(Eligibility.check(audience, $0)) }
        }
        stopped = catalog.gifts.map { gift in
            // Of a moment at which the campaign is open: its times are looked at with each request.
            Eligibility.refusal(
                gift: gift, catalog: catalog, nowMs: catalog.campaign.opensAtMs, soldOut: false
            ).map { Verdict($0) } ?? .unknown
        }
        longestRole = 24 + regions.joined().reduce(0) { max($0, $1.count) }
        var text: [UInt8] = []
        var starts: [Int32] = []
        for gift in catalog.gifts {
            starts.append(Int32(text.count))
            text.append(UInt8(ascii: ","))
            text += Self.gift(gift, catalog.games[Int(gift.game)])
        }
        starts.append(Int32(text.count))
        self.starts = starts
        let names = games.reduce(0) { $0 + $1.count + 1 }
        let longestTail = Self.tails().reduce(0) { max($0, $1.count) }
        mostBytes = head.count + names + text.count + catalog.gifts.count * (longestTail + 2) + 64
        tails = Self.tails().map { tail in
            defer { text += tail }
            return (Int32(text.count), Int32(tail.count))
        }
        self.text = text
    }

    private static func tails() -> [[UInt8]] {
        var tails = ["true", "\"unknown\""]
        tails += Refusal.allCases.map { "false,\"reason\":\"\($0.rawValue)\"" }
        return tails.map { Array("\($0),\"roles\":[".utf8) }
    }

    private static func gift(_ gift: Gift, _ game: Game) -> [UInt8] {
        var json = JSONWriter()
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
        json.key("claimable")
        return json.bytes
    }

    private static func string(_ text: String) -> [UInt8] {
        var json = JSONWriter()
        json.string(text)
        return json.bytes
    }
}
