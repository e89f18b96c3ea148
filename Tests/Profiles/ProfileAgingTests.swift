import Catalog
import Profiles
import Testing

@Suite("How the answers in a profile age and join")
struct ProfileAgingTests {
    private let ages = ProfileAges(presentS: 1000, absentS: 60)
    private let role = Role(region: 0, id: 1)

    private func game(_ slot: UInt8, roles: Int = 1) -> GameProfile {
        GameProfile(game: slot, registeredAtS: 5, roles: (0..<roles).map { Role(region: 0, id: UInt64($0)) })
    }

    @Test("answers join in order of slots, and a later one takes an earlier one's place")
    func joins() {
        var profile = Profile(user: 1, fetchedAtS: 0)
        for slot: UInt8 in [5, 2, 9] { profile.take(game(slot), game: slot, nowS: 100) }
        profile.take(nil, game: 3, nowS: 100)
        profile.take(game(2, roles: 2), game: 2, nowS: 100)
        #expect(profile.games.map(\.game) == [2, 5, 9])
        #expect(profile.game(2)?.roles.count == 2)
        #expect(profile.known == 1 << 2 | 1 << 3 | 1 << 5 | 1 << 9)
        #expect(profile.absences == 1 << 3)
        #expect(profile.knows(3) && profile.game(3) == nil && !profile.knows(4))
        #expect(profile.fetchedAtS == 100 && profile.absencesAtS == 100)
    }

    @Test("absences age sooner than roles, and registered without a role is an absence")
    func absencesAge() {
        var profile = Profile(user: 1, preference: [1], fetchedAtS: 0)
        profile.take(game(0), game: 0, nowS: 100)
        profile.take(nil, game: 1, nowS: 100)
        profile.take(game(2, roles: 0), game: 2, nowS: 100)
        #expect(profile.aged(nowS: 159, ages: ages) == profile)
        let later = profile.aged(nowS: 160, ages: ages)
        #expect(later.known == 1 && later.games.map(\.game) == [0])
        let muchLater = profile.aged(nowS: 1100, ages: ages)
        #expect(muchLater.known == 0 && muchLater.games.isEmpty)
        #expect(muchLater.preference == [1])
    }

    @Test("a stamp is that of the oldest answer of its kind")
    func oldestStamp() {
        var profile = Profile(user: 1, fetchedAtS: 0)
        profile.take(game(0), game: 0, nowS: 100)
        profile.take(game(1), game: 1, nowS: 500)
        #expect(profile.fetchedAtS == 100)
        profile.take(nil, game: 2, nowS: 500)
        #expect(profile.absencesAtS == 500)
        // Nothing older is left of its kind: the stamp moves on.
        profile = profile.aged(nowS: 1100, ages: ages)
        profile.take(game(0), game: 0, nowS: 1100)
        #expect(profile.fetchedAtS == 1100)
    }

    @Test("an answer from the future does not count, but for the difference of two clocks")
    func future() {
        var profile = Profile(user: 1, fetchedAtS: 0)
        profile.take(game(0), game: 0, nowS: 5000)
        #expect(profile.aged(nowS: 4940, ages: ages).known == 1)
        #expect(profile.aged(nowS: 4939, ages: ages).known == 0)
    }

    @Test("two copies make one: this one's answers, the other's where there are none, the older stamps")
    func filled() {
        var ours = Profile(user: 1, fetchedAtS: 0)
        ours.take(game(3, roles: 2), game: 3, nowS: 200)
        var other = Profile(user: 1, preference: [1], fetchedAtS: 0)
        other.take(game(1), game: 1, nowS: 150)
        other.take(game(3), game: 3, nowS: 150)
        other.take(nil, game: 0, nowS: 170)
        let both = ours.filled(from: other)
        #expect(both.known == 0b1011 && both.games.map(\.game) == [1, 3])
        #expect(both.game(3)?.roles.count == 2)
        #expect(both.fetchedAtS == 150 && both.absencesAtS == 170 && both.preference == [1])
        #expect(both.filled(from: other) == both)
        let empty = Profile(user: 1, fetchedAtS: 9999)
        #expect(empty.filled(from: ours).fetchedAtS == 200)
        #expect(ours.filled(from: empty) == ours)
    }

    @Test("a profile of other games or regions than the catalog's does not fit")
    func fits() {
        let catalog = ProfileFixture.catalog(
            gifts: [],
            weights: RankingWeights(
                preference: 1, popularity: 0, freshness: 0, freshHalfLifeMs: 1000, dimensions: 1))
        func profile(game: UInt8, region: UInt16) -> Profile {
            var profile = Profile(user: 1, fetchedAtS: 0)
            let role = Role(region: region, id: 1)
            profile.take(GameProfile(game: game, registeredAtS: 1, roles: [role]), game: game, nowS: 1)
            return profile
        }
        #expect(profile(game: 0, region: 1).fits(catalog))
        #expect(!profile(game: 0, region: 2).fits(catalog))
        #expect(!profile(game: 1, region: 0).fits(catalog))
        #expect(!Profile(user: 1, known: 3, fetchedAtS: 0).fits(catalog))
    }
}
