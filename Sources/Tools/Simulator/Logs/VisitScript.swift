import Catalog
import Orders
import Profiles
import Wire

/// The visits of a log, one after the other: who comes when, what the list of those days shows them, and what
/// they take. Everything follows from the seed.
///
/// The list of those days knew registration and a crude idea of what is popular, and tried things out: the
/// first `shown` of what is claimable, by appeal and chance, then of the rest.
struct VisitScript: Sendable {
    struct Visit: Sendable {
        let atMs: Int64
        /// 0-based; the person's number is `firstUser` on.
        let person: Int
        /// Gift slots as they stood on the page.
        let shown: [UInt16]
        /// Place in `shown`; nil = looked and left.
        let claimed: Int?
    }

    /// Packs on a page.
    static let shown = 12
    /// How much of the page's order is chance, in the unit of utility.
    static let exploration = 1.5
    static let spanMs: Int64 = 3 * 86_400_000

    let people: Int
    let visits: Int
    let firstUser: UInt64
    let taste: HiddenTaste
    private let world: RoleWorld
    private let catalog: Catalog
    private let startMs: Int64
    private let spanMs: Int64
    /// What is known of each person once they have come.
    private var known: [Person?]
    private var random: SplitMix64
    private var next = 0

    private struct Person: Sendable {
        let games: [GameProfile]
        let claimable: [UInt16]
        let others: [UInt16]
        /// Of `claimable`, in its order.
        let utilities: [Double]
    }

    init(people: Int, visits: Int, seed: UInt64, catalog: Catalog) {
        precondition(people > 0)
        self.people = people
        self.visits = visits
        self.catalog = catalog
        world = RoleWorld(seed: seed, catalog: catalog)
        taste = HiddenTaste(seed: seed, catalog: catalog)
        firstUser = splitMix64(seed ^ 0x6c6f_6773) % 1_000_000 * 100_000_000 + 1
        // When all packs are out and everybody has registered who ever will.
        let campaign = catalog.campaign
        let fresh = catalog.gifts.map(\.freshAtMs).max() ?? campaign.opensAtMs
        startMs = min(max(fresh, campaign.opensAtMs + 86_400_000), campaign.closesAtMs - 1)
        spanMs = min(Self.spanMs, campaign.closesAtMs - startMs)
        known = Array(repeating: nil, count: people)
        random = SplitMix64(seed: splitMix64(seed ^ 0x7669_7369_74))
    }

    /// The registrations of a person, by index.
    func games(of person: Int) -> [GameProfile] {
        known[person]?.games ?? world.registrations(of: firstUser + UInt64(person))
    }

    /// The next visit, in the order of time; nil after the last.
    mutating func nextVisit() -> Visit? {
        guard next < visits else { return nil }
        let atMs = startMs + Int64(Double(spanMs) * Double(next) / Double(visits))
        next += 1
        let index = Int(random.next() % UInt64(people))
        let person = known[index] ?? meet(index)
        known[index] = person
        let places = shuffled(person.claimable)
        let others = shuffled(person.others)
        let page = places.prefix(Self.shown)
        let rest = others.prefix(Self.shown - page.count).map { person.others[$0] }
        let claimed = choose(page, person, atMs)
        return Visit(
            atMs: atMs, person: index, shown: page.map { person.claimable[$0] } + rest, claimed: claimed)
    }

    private func meet(_ index: Int) -> Person {
        let games = world.registrations(of: firstUser + UInt64(index))
        let segment = Segment(games: games.count)
        let vector = taste.taste(of: firstUser + UInt64(index), playing: games)
        var (claimable, others) = ([UInt16](), [UInt16]())
        for gift in catalog.gifts {
            let game = games.first { $0.game == gift.game }
            let registration =
                game.map {
                    Registration(registeredAtS: $0.registeredAtS, opensAtMs: catalog.campaign.opensAtMs)
                }
                ?? .noRole
            let isTheirs = Eligibility.check(gift.audience, registration) == .yes
            if isTheirs { claimable.append(gift.slot) } else { others.append(gift.slot) }
        }
        return Person(
            games: games, claimable: claimable, others: others,
            utilities: claimable.map { taste.utility(of: Int($0), taste: vector, segment: segment) })
    }

    /// Places in `gifts`, by appeal and chance.
    private mutating func shuffled(_ gifts: [UInt16]) -> [Int] {
        var keys: [(score: Double, place: Int)] = []
        keys.reserveCapacity(gifts.count)
        for (place, gift) in gifts.enumerated() {
            keys.append((taste.appeal[Int(gift)] + Self.exploration * random.gumbel(), place))
        }
        keys.sort { $0.score != $1.score ? $0.score > $1.score : $0.place < $1.place }
        return keys.map(\.place)
    }

    private mutating func choose(_ page: ArraySlice<Int>, _ person: Person, _ atMs: Int64) -> Int? {
        var (best, claimed) = (HiddenTaste.idle + random.gumbel(), Int?.none)
        for (place, index) in page.enumerated() {
            let gift = catalog.gifts[Int(person.claimable[index])]
            let utility =
                person.utilities[index] + HiddenTaste.novelty(freshAtMs: gift.freshAtMs, nowMs: atMs)
                - HiddenTaste.cost(ofPlace: place) + random.gumbel()
            if utility > best { (best, claimed) = (utility, place) }
        }
        return claimed
    }
}
