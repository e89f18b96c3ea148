import Catalog
import Orders
import Profiles
import Testing
import Wire

@testable import Simulator

@Suite("simulator logs")
struct VisitScriptTests {
    private let catalog: Catalog

    init() throws {
        catalog = try FestivalCatalog.load()
    }

    private func visits(people: Int = 200, visits: Int = 1000, seed: UInt64 = 1) -> (
        VisitScript, [VisitScript.Visit]
    ) {
        var script = VisitScript(people: people, visits: visits, seed: seed, catalog: catalog)
        var all: [VisitScript.Visit] = []
        while let visit = script.nextVisit() { all.append(visit) }
        return (script, all)
    }

    @Test("the same seed gives the same bytes, another one others")
    func deterministic() {
        func bytes(_ seed: UInt64) -> [UInt8] {
            let (script, all) = visits(visits: 200, seed: seed)
            return all.flatMap { visit in
                VisitLine.visit(
                    visit, user: script.firstUser + UInt64(visit.person),
                    games: script.games(of: visit.person),
                    catalog: catalog)
            }
        }
        #expect(bytes(5) == bytes(5))
        #expect(bytes(5) != bytes(6))
    }

    @Test("visits come in order of time within the campaign, show each pack once, and claim what was shown")
    func sound() {
        let (script, all) = visits()
        #expect(all.count == 1000)
        #expect(all.map(\.atMs) == all.map(\.atMs).sorted())
        for visit in all {
            #expect((catalog.campaign.opensAtMs..<catalog.campaign.closesAtMs).contains(visit.atMs))
            #expect(visit.shown.count == VisitScript.shown && Set(visit.shown).count == visit.shown.count)
            #expect((0..<script.people).contains(visit.person))
            if let claimed = visit.claimed { #expect(visit.shown.indices.contains(claimed)) }
        }
        let claims = all.count { $0.claimed != nil }
        #expect((500..<1000).contains(claims))
    }

    @Test("promise 8: what is claimed could be, and what could be stands before what could not")
    func eligible() {
        let (script, all) = visits()
        for visit in all {
            let games = script.games(of: visit.person)
            let profile = Profile(user: 1, known: catalog.allGames, games: games, fetchedAtS: 0)
            let isOpen = visit.shown.map { slot in
                Eligibility.check(
                    gift: catalog.gifts[Int(slot)], profile: profile, catalog: catalog, nowMs: visit.atMs)
                    == .yes
            }
            if let claimed = visit.claimed { #expect(isOpen[claimed]) }
            #expect(isOpen == isOpen.sorted { $0 && !$1 })
        }
    }

    @Test("people take what they like more often, and the first of the page more often")
    func preferences() {
        let (script, all) = visits(people: 400, visits: 4000)
        var (better, worse, firstHalf, secondHalf) = (0, 0, 0, 0)
        for visit in all {
            guard let claimed = visit.claimed else { continue }
            let games = script.games(of: visit.person)
            let taste = script.taste.taste(of: script.firstUser + UInt64(visit.person), playing: games)
            let profile = Profile(user: 1, known: catalog.allGames, games: games, fetchedAtS: 0)
            let open = visit.shown.indices.filter { place in
                Eligibility.check(
                    gift: catalog.gifts[Int(visit.shown[place])], profile: profile, catalog: catalog,
                    nowMs: visit.atMs) == .yes
            }
            let utilities = open.map { place in
                script.taste.utility(
                    of: Int(visit.shown[place]), taste: taste, segment: Segment(games: games.count))
            }
            let own = utilities[open.firstIndex(of: claimed)!]
            better += utilities.count { $0 < own }
            worse += utilities.count { $0 > own }
            if claimed < open.count / 2 { firstHalf += 1 } else { secondHalf += 1 }
        }
        #expect(better > 3 * worse)
        #expect(firstHalf > secondHalf)
    }

    @Test("themes and tastes are unit vectors, and popularity is skewed")
    func hidden() {
        let taste = HiddenTaste(seed: 3, catalog: catalog)
        func length(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 } }
        for theme in taste.themes { #expect(abs(length(theme) - 1) < 1e-9) }
        for user in 1...50 {
            #expect(abs(length(taste.taste(of: UInt64(user), playing: [])) - 1) < 1e-9)
        }
        #expect(taste.appeal.max()! - taste.appeal.min()! > 1)
        #expect(HiddenTaste.cost(ofPlace: 0) == 0 && HiddenTaste.cost(ofPlace: 5) > 0)
    }
}
