import Catalog
import NIOCore
import Orders
import Profiles
import Wire

/// Judges, orders and writes one person's list:
/// ```
/// {"campaign":"…","degraded":false,"missing":["game",…],"gifts":[
///   {"id":…,"game":…,"title":{"en":…,"zh":…},"image":"/…","audience":…,
///    "claimable":true | false | "unknown","reason":"sold_out", "roles":[{"region":…,"role":"…"},…]},…]}
/// ```
/// `reason` stands only beside false. A list is put together in a `ListScratch`, without an allocation of its
/// own: a table look-up a pack judges it, `Ranking` orders, and each pack is three copies.
final class GiftList: Sendable {
    let catalog: Catalog
    let table: GiftTable
    let ranking: Ranking
    private let count: Int
    private let opensAtMs: Int64
    private let closesAtMs: Int64

    init(catalog: Catalog) {
        self.catalog = catalog
        table = GiftTable(catalog)
        ranking = Ranking(catalog: catalog)
        count = catalog.gifts.count
        opensAtMs = catalog.campaign.opensAtMs
        closesAtMs = catalog.campaign.closesAtMs
    }

    /// Puts a person's list into `scratch.out`.
    ///
    /// What was known of a game once and is too old to count orders its packs and shows roles, and is called
    /// `"unknown"`.
    ///
    /// - Parameters:
    ///   - missing: the games of which nothing is known in time, bit g = game slot g.
    ///   - common: `Ranking.common` of about now, of this list's ranking.
    ///   - soldOut: what is known of the stock for the person's shard.
    func write(
        _ person: borrowing FlatProfile, missing: UInt64, degraded: Bool, nowMs: Int64,
        common: borrowing Ranking.Common, soldOut: borrowing SoldOut, into scratch: ListScratch
    ) {
        // Registrations in two rows: what counts, and what orders.
        let known = GameRegistrations(person, in: person.known, opensAtMs: opensAtMs)
        let likely =
            person.stale == 0
            ? known : GameRegistrations(person, in: person.known | person.stale, opensAtMs: opensAtMs)
        judge(known, likely, nowMs: nowMs, soldOut, scratch)
        let standings = UnsafeBufferPointer(start: scratch.standings, count: count)
        person.preference.withUnsafeBufferPointer { preference in
            ranking.order(
                standings: standings, preference: preference, segment: likely.segment, common: common,
                into: &scratch.ranking)
        }
        let (roles, rolesBytes) = renderRoles(person, scratch)
        let most = table.mostBytes + rolesBytes
        scratch.out.clear(minimumCapacity: most)
        let order = scratch.ranking.order
        scratch.out.writeWithUnsafeMutableBytes(minimumWritableBytes: most) { room in
            compose(missing: missing, degraded: degraded, order, roles, scratch, room.baseAddress!)
        }
    }

    // MARK: - Judging

    private func judge(
        _ known: GameRegistrations, _ likely: GameRegistrations, nowMs: Int64,
        _ soldOut: borrowing SoldOut, _ scratch: ListScratch
    ) {
        let (verdicts, standings) = (scratch.verdicts, scratch.standings)
        guard nowMs >= opensAtMs, nowMs < closesAtMs else {
            let verdict = GiftTable.Verdict(nowMs < opensAtMs ? .notYetOpen : .over)
            verdicts.update(repeating: verdict, count: count)
            standings.update(repeating: .closed, count: count)
            return
        }
        let isSame = known == likely
        for slot in 0..<count {
            let game = table.gameOfGift[slot]
            let row = Int(table.audienceOfGift[slot]) &* Registration.allCases.count
            var verdict = table.stopped[slot]
            if verdict == .unknown, soldOut.contains(slot) { verdict = Self.soldOut }
            if verdict == .unknown {
                verdict = table.verdicts[row &+ known[game]]
                let likelyVerdict = isSame ? verdict : table.verdicts[row &+ likely[game]]
                standings[slot] = Self.standing(likelyVerdict)
            } else {
                standings[slot] = .closed
            }
            verdicts[slot] = verdict
        }
    }

    private static let soldOut = GiftTable.Verdict(.soldOut)
    private static let noRole = GiftTable.Verdict(.noRole)

    static func standing(_ verdict: GiftTable.Verdict) -> GiftStanding {
        switch verdict {
        case .yes: .claimable
        case .unknown: .unknown
        case noRole: .needsRole
        default: .closed
        }
    }

    // MARK: - Writing

    /// Writes the inside of each game's `roles` array.
    ///
    /// - Returns: where they are, and the bytes that all packs' roles take together.
    private func renderRoles(
        _ person: borrowing FlatProfile, _ scratch: ListScratch
    ) -> (UnsafeMutableRawPointer, Int) {
        let start = scratch.roomForRoles(person.roles.count &* table.longestRole)
        let (starts, counts) = (scratch.rolesStart, scratch.rolesCount)
        counts.update(repeating: 0, count: table.games.count)
        var cursor = ByteCursor(start)
        var bytes = 0
        for entry in person.entries {
            let slot = Int(entry.game)
            let first = cursor.written(since: start)
            for place in entry.roles {
                let role = person.roles[place]
                if place > entry.roles.lowerBound { cursor.put(UInt8(ascii: ",")) }
                cursor.put(table.regions[slot][Int(role.region)])
                cursor.put(decimal: role.id)
                cursor.put(UInt8(ascii: "\""))
                cursor.put(UInt8(ascii: "}"))
            }
            starts[slot] = first
            counts[slot] = cursor.written(since: start) &- first
            bytes &+= counts[slot] &* table.giftsOfGame[slot]
        }
        return (start, bytes)
    }

    /// - Returns: the bytes written.
    private func compose(
        missing: UInt64, degraded: Bool, _ order: UnsafeBufferPointer<UInt16>,
        _ roles: UnsafeMutableRawPointer, _ scratch: ListScratch, _ start: UnsafeMutableRawPointer
    ) -> Int {
        var cursor = ByteCursor(start)
        cursor.put(table.head)
        cursor.put(degraded ? "true" : "false")
        cursor.put(",\"missing\":[" as StaticString)
        if missing != 0 { putGames(missing, &cursor) }
        cursor.put("],\"gifts\":[" as StaticString)
        table.text.withUnsafeBytes { text in
            guard let text = text.baseAddress else { return }
            var comma = 1
            for slot in order {
                let slot = Int(slot)
                let from = Int(table.starts[slot]) &+ comma
                cursor.put(text + from, Int(table.starts[slot &+ 1]) &- from)
                comma = 0
                let tail = table.tails[Int(scratch.verdicts[slot].rawValue)]
                cursor.put(text + Int(tail.start), Int(tail.count))
                let game = Int(table.gameOfGift[slot])
                cursor.put(roles + scratch.rolesStart[game], scratch.rolesCount[game])
                cursor.put(UInt8(ascii: "]"))
                cursor.put(UInt8(ascii: "}"))
            }
        }
        cursor.put("]}" as StaticString)
        return cursor.written(since: start)
    }

    private func putGames(_ set: UInt64, _ cursor: inout ByteCursor) {
        var isFirst = true
        for (slot, id) in table.games.enumerated() where set & (1 << UInt64(slot)) != 0 {
            if !isFirst { cursor.put(UInt8(ascii: ",")) }
            isFirst = false
            cursor.put(id)
        }
    }
}

/// A person's registration in each game, as eligibility asks for it; two bits a game.
private struct GameRegistrations: Equatable {
    /// The lower bit of `Registration.rawValue` at each game's place; 0 = unknown.
    private var low: UInt64
    private var high: UInt64

    /// - Parameter games: of which games it is to tell, bit g = game slot g.
    init(_ person: borrowing FlatProfile, in games: UInt64, opensAtMs: Int64) {
        low = games
        high = 0
        for entry in person.entries where !entry.roles.isEmpty {
            let bit = (1 << UInt64(entry.game)) & games
            let registration = Registration(registeredAtS: entry.registeredAtS, opensAtMs: opensAtMs)
            low = registration.rawValue & 1 != 0 ? low | bit : low & ~bit
            high = registration.rawValue & 2 != 0 ? high | bit : high & ~bit
        }
    }

    var segment: Segment { Segment(games: high.nonzeroBitCount) }

    /// `Registration.rawValue`.
    subscript(_ game: UInt8) -> Int {
        Int(truncatingIfNeeded: (low >> UInt64(game)) & 1 | ((high >> UInt64(game)) & 1) << 1)
    }
}
