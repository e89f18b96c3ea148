import Catalog
import Testing

@testable import Profiles

@Suite("Segments")
struct SegmentTests {
    @Test(
        "none, one or two, three games or more",
        arguments: [(0, Segment.stranger), (1, .casual), (2, .casual), (3, .regular), (64, .regular)])
    func bounds(games: Int, segment: Segment) {
        #expect(Segment(games: games) == segment)
    }

    @Test("only games with a role count")
    func roles() {
        let role = Role(region: 0, id: 1)
        func game(_ slot: UInt8, _ roles: [Role]) -> GameProfile {
            GameProfile(game: slot, registeredAtS: 1, roles: roles)
        }
        let games = [game(0, [role]), game(1, []), game(2, [role, Role(region: 1, id: 2)]), game(3, [])]
        #expect(Segment(Profile(user: 1, known: 15, games: games, fetchedAtS: 0)) == .casual)
        let more = games.prefix(3) + [game(3, [role])]
        #expect(Segment(Profile(user: 1, known: 15, games: Array(more), fetchedAtS: 0)) == .regular)
        #expect(Segment(Profile(user: 1, fetchedAtS: 0)) == .stranger)
    }

    @Test("a catalog tells popularity apart for each segment")
    func count() {
        #expect(Segment.allCases.count == CatalogLimits.segments)
        #expect(Segment.allCases.map(\.rawValue) == [0, 1, 2])
    }

    @Test("people without a vector get the popularity of their segment, others that of all")
    func order() {
        let weights = RankingWeights(
            preference: 0.7, popularity: 0.2, freshness: 0, freshHalfLifeMs: 1000, dimensions: 2)
        let gifts = [
            ProfileFixture.gift(0, features: [1, 0], popularity: 0.1, popularityBySegment: [0.1, 0.9, 0.5]),
            ProfileFixture.gift(1, features: [1, 0], popularity: 0.2, popularityBySegment: [0.5, 0.1, 0.9]),
            ProfileFixture.gift(2, features: [1, 0], popularity: 0.3, popularityBySegment: [0.9, 0.5, 0.1]),
        ]
        let ranking = Ranking(catalog: ProfileFixture.catalog(gifts: gifts, games: 1, weights: weights))
        let orders = Segment.allCases.map { segment in
            ranking.order(
                standings: [.claimable, .claimable, .claimable], preference: [], segment: segment, nowMs: 0)
        }
        #expect(orders == [[2, 1, 0], [0, 2, 1], [1, 0, 2]])
        for segment in Segment.allCases {
            let order = ranking.order(
                standings: [.claimable, .claimable, .claimable], preference: [0, 1], segment: segment,
                nowMs: 0)
            #expect(order == [2, 1, 0])
        }
    }
}
