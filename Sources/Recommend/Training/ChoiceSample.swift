import Catalog
import Orders

/// The choices that a model is learned from: visits at which a person took one of several packs that they
/// could have had. What could not be claimed was no choice, and a visit without a claim says little of which
/// pack was liked less; both only count as impressions (see `SegmentPopularity`).
struct ChoiceSample: Sendable {
    /// Places beyond this are taken for one: far down the list hardly anybody looks.
    static let places = 32

    let people: Int
    let gifts: Int
    /// By person: the games that they had a role in when they came last, bit g = game slot g.
    private(set) var games: [UInt64]
    // By choice:
    private(set) var person: [UInt32] = []
    /// Which of its options was taken, from 0.
    private(set) var taken: [UInt16] = []
    private(set) var starts: [Int] = [0]
    // By option:
    private(set) var gift: [UInt16] = []
    private(set) var place: [UInt8] = []

    /// - Parameter visits: which visits of the log are learned from.
    init(_ log: ClaimLog, visits: some Sequence<Int>) {
        people = log.users.count
        gifts = log.catalog.gifts.count
        games = Array(repeating: 0, count: people)
        for visit in visits {
            games[Int(log.people[visit])] = Self.games(log.standing(visit))
            guard log.claimed[visit] >= 0 else { continue }
            let page = log.page(visit)
            let open = page.filter { log.isOpen[$0] }
            guard open.count > 1 else { continue }
            let claimed = page.lowerBound + Int(log.claimed[visit])
            person.append(log.people[visit])
            taken.append(UInt16(open.firstIndex(of: claimed) ?? 0))
            for index in open {
                gift.append(log.shown[index])
                place.append(UInt8(min(index - page.lowerBound, Self.places - 1)))
            }
            starts.append(gift.count)
        }
    }

    /// Choices.
    var count: Int { person.count }

    private static func games(_ standing: ClaimLog.Standing) -> UInt64 {
        var games: UInt64 = 0
        for (slot, registration) in standing.registrations.enumerated()
        where registration == .before || registration == .since {
            games |= 1 << UInt64(slot)
        }
        return games
    }
}
