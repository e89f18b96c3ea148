import Catalog
import Orders
import Profiles
import Wire

/// Judges, orders and writes one person's list:
/// ```
/// {"campaign":"…","degraded":false,"missing":["game",…],"gifts":[
///   {"id":…,"game":…,"title":{"en":…,"zh":…},"image":"/…","audience":…,
///    "claimable":true | false | "unknown","reason":"sold_out", "roles":[{"region":…,"role":"…"},…]},…]}
/// ```
/// `reason` stands only beside false.
struct GiftList: Sendable {
    let catalog: Catalog
    let table: GiftTable
    let ranking: Ranking

    init(catalog: Catalog) {
        self.catalog = catalog
        table = GiftTable(catalog)
        ranking = Ranking(catalog: catalog)
    }

    /// - Parameters:
    ///   - missing: the games of which nothing is known in time, bit g = game slot g.
    ///   - common: `Ranking.common` of about now.
    ///   - isSoldOut: what is known of the stock, by gift slot.
    func json(
        _ profile: Profile, missing: UInt64, degraded: Bool, nowMs: Int64, common: [Float],
        isSoldOut: (UInt16) -> Bool
    ) -> [UInt8] {
        let judged = catalog.gifts.map { gift in
            Eligibility.check(
                gift: gift, profile: profile, catalog: catalog, nowMs: nowMs, soldOut: isSoldOut(gift.slot))
        }
        let order = ranking.order(
            standings: judged.map(Self.standing), preference: profile.preference, common: common)
        let roles = roles(profile)
        var out: [UInt8] = []
        out.reserveCapacity(table.bytes)
        out += table.head
        out += degraded ? Self.yes : Self.no
        out += Self.missing
        appendGames(missing, &out)
        out += Self.gifts
        for (place, slot) in order.enumerated() {
            if place > 0 { out.append(UInt8(ascii: ",")) }
            out += table.gifts[Int(slot)]
            Self.append(judged[Int(slot)], &out)
            out += Self.roles
            out += roles[Int(table.gameOfGift[Int(slot)])]
            out += Self.endOfGift
        }
        out += Self.end
        return out
    }

    static func standing(_ claimability: Claimability) -> GiftStanding {
        switch claimability {
        case .yes: .claimable
        case .unknown: .unknown
        case .no(.noRole): .needsRole
        case .no: .closed
        }
    }

    /// The person's roles in each game, as the inside of a JSON array; index = game slot.
    private func roles(_ profile: Profile) -> [[UInt8]] {
        var all = [[UInt8]](repeating: [], count: catalog.games.count)
        for game in profile.games {
            var out: [UInt8] = []
            for (place, role) in game.roles.enumerated() {
                if place > 0 { out.append(UInt8(ascii: ",")) }
                out += table.regions[Int(game.game)][Int(role.region)]
                out += String(role.id).utf8
                out += Self.endOfRole
            }
            all[Int(game.game)] = out
        }
        return all
    }

    private func appendGames(_ set: UInt64, _ out: inout [UInt8]) {
        var isFirst = true
        for (slot, id) in table.games.enumerated() where set & (1 << UInt64(slot)) != 0 {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            out += id
        }
    }

    private static func append(_ claimability: Claimability, _ out: inout [UInt8]) {
        switch claimability {
        case .yes: out += yes
        case .unknown: out += unknown
        case .no(let refusal):
            out += no
            out += reason
            out += refusal.rawValue.utf8
            out.append(UInt8(ascii: "\""))
        }
    }

    private static let yes = Array("true".utf8)
    private static let no = Array("false".utf8)
    private static let unknown = Array("\"unknown\"".utf8)
    private static let reason = Array(",\"reason\":\"".utf8)
    private static let missing = Array(",\"missing\":[".utf8)
    private static let gifts = Array("],\"gifts\":[".utf8)
    private static let roles = Array(",\"roles\":[".utf8)
    private static let endOfRole = Array("\"}".utf8)
    private static let endOfGift = Array("]}".utf8)
    private static let end = Array("]}".utf8)
}
