import Catalog
import Orders
import Profiles

/// A log of impressions and claims, flat in memory: about 40 bytes a visit and 3 bytes a pack shown, whatever
/// the number of people.
struct ClaimLog: Sendable {
    /// What a visit shows of a person's registrations; shared by visits between which nothing changed.
    struct Standing: Sendable, Equatable {
        /// By game slot.
        var registrations: [Registration]
        var segment: Segment
    }

    /// One visit as it is read and written.
    struct Visit: Equatable {
        var atMs: Int64
        var user: UInt64
        /// Ascending by game slot, each once.
        var games: [RegisteredGame]
        /// Gift slots as they stood, each once.
        var shown: [UInt16]
        /// Place in `shown`.
        var claimed: Int?
    }

    struct RegisteredGame: Equatable {
        var game: UInt8
        var registeredAtS: UInt32
    }

    /// Packs on one page at most.
    static let maxShown = CatalogLimits.gifts

    let catalog: Catalog
    /// People's numbers, by index, in the order in which they came first.
    private(set) var users: [UInt64] = []
    private(set) var standings: [Standing] = []
    // By visit:
    private(set) var atMs: [Int64] = []
    private(set) var people: [UInt32] = []
    private var standingOfVisit: [UInt32] = []
    private var starts: [Int] = [0]
    /// Place on the page; -1 = nothing was claimed.
    private(set) var claimed: [Int16] = []
    // By impression:
    private(set) var shown: [UInt16] = []
    /// Whether the person could have claimed the pack.
    private(set) var isOpen: [Bool] = []

    private var indices: [UInt64: UInt32] = [:]
    private var lastStanding: [UInt32] = []

    init(catalog: Catalog) {
        self.catalog = catalog
    }

    /// Visits.
    var count: Int { atMs.count }
    var claims: Int { claimed.count { $0 >= 0 } }

    /// The impressions of a visit, into `shown` and `isOpen`.
    func page(_ visit: Int) -> Range<Int> { starts[visit]..<starts[visit + 1] }

    func standing(_ visit: Int) -> Standing { standings[Int(standingOfVisit[visit])] }

    /// The gift claimed at a visit.
    func gift(claimedAt visit: Int) -> UInt16? {
        claimed[visit] < 0 ? nil : shown[starts[visit] + Int(claimed[visit])]
    }

    mutating func append(_ visit: Visit) {
        let person = index(of: visit.user)
        let standing = standing(visit, person)
        let registrations = standings[Int(standing)].registrations
        atMs.append(visit.atMs)
        people.append(person)
        standingOfVisit.append(standing)
        claimed.append(visit.claimed.map { Int16($0) } ?? -1)
        for (place, slot) in visit.shown.enumerated() {
            let gift = catalog.gifts[Int(slot)]
            shown.append(slot)
            // Whoever claimed a pack could: they had just registered.
            isOpen.append(
                place == visit.claimed
                    || Eligibility.check(gift.audience, registrations[Int(gift.game)]) == .yes)
        }
        starts.append(shown.count)
    }

    private mutating func index(of user: UInt64) -> UInt32 {
        if let index = indices[user] { return index }
        let index = UInt32(users.count)
        users.append(user)
        lastStanding.append(.max)
        indices[user] = index
        return index
    }

    private mutating func standing(_ visit: Visit, _ person: UInt32) -> UInt32 {
        var registrations = [Registration](repeating: .noRole, count: catalog.games.count)
        for game in visit.games {
            registrations[Int(game.game)] = Registration(
                registeredAtS: game.registeredAtS, opensAtMs: catalog.campaign.opensAtMs)
        }
        let standing = Standing(registrations: registrations, segment: Segment(games: visit.games.count))
        let last = lastStanding[Int(person)]
        if last != .max, standings[Int(last)] == standing { return last }
        standings.append(standing)
        lastStanding[Int(person)] = UInt32(standings.count - 1)
        return lastStanding[Int(person)]
    }
}
