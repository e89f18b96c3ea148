import Catalog
import Profiles
import Testing
import Wire

@Suite("How the answers in a profile age and join")
struct ProfileAgingTests {
    private let ages = ProfileAges(presentS: 1000, absentS: 60, staleS: 5000)
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
        #expect(later.known == 1 && later.absences == 0)
        let muchLater = profile.aged(nowS: 1100, ages: ages)
        #expect(muchLater.known == 0)
        #expect(muchLater.preference == [1])
    }

    @Test("what is too old to count is stale, keeps its stamp, and is forgotten at the end of its second age")
    func stale() {
        var profile = Profile(user: 1, preference: [1], fetchedAtS: 0)
        profile.take(game(0), game: 0, nowS: 100)
        profile.take(nil, game: 1, nowS: 100)
        profile.take(game(2, roles: 0), game: 2, nowS: 130)
        let later = profile.aged(nowS: 160, ages: ages)
        #expect(later.stale == 0b110 && later.staleAtS == 100 && later.games.map(\.game) == [0, 2])
        #expect(later.absences == 0 && !later.knows(1) && !later.knows(2))
        // Again and again: nothing changes, nothing gets younger.
        #expect(later.aged(nowS: 161, ages: ages).aged(nowS: 900, ages: ages) == later)
        let both = later.aged(nowS: 1100, ages: ages)
        #expect(both.known == 0 && both.stale == 0b111 && both.staleAtS == 100)
        #expect(both.aged(nowS: 5099, ages: ages) == both)
        let gone = both.aged(nowS: 5100, ages: ages)
        #expect(gone.stale == 0 && gone.staleAtS == 0 && gone.games.isEmpty && gone.preference == [1])
        #expect(gone.isEmpty == false && Profile(user: 1, fetchedAtS: 5).isEmpty)
        // All at once, where nobody looked in between.
        #expect(profile.aged(nowS: 5100, ages: ages) == gone)
    }

    @Test("a new answer takes the stale one's place, and the others stay stale with their stamp")
    func answersStale() {
        var profile = Profile(user: 1, fetchedAtS: 0)
        profile.take(game(0), game: 0, nowS: 100)
        profile.take(game(1), game: 1, nowS: 200)
        profile = profile.aged(nowS: 1300, ages: ages)
        #expect(profile.known == 0 && profile.stale == 0b11 && profile.staleAtS == 100)
        profile.take(nil, game: 0, nowS: 1300)
        #expect(profile.known == 1 && profile.absences == 1 && profile.stale == 0b10)
        #expect(profile.staleAtS == 100 && profile.absencesAtS == 1300 && profile.games.map(\.game) == [1])
        profile.take(game(1, roles: 2), game: 1, nowS: 1301)
        #expect(profile.known == 0b11 && profile.stale == 0 && profile.staleAtS == 0)
        #expect(profile.fetchedAtS == 1301 && profile.game(1)?.roles.count == 2)
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

    @Test("two copies make one: what counts before what is stale, the shared one's before the other's")
    func merges() {
        var ours = Profile(user: 1, preference: [2], fetchedAtS: 0)
        ours.take(game(3, roles: 2), game: 3, nowS: 200)
        ours.take(nil, game: 5, nowS: 210)
        var shared = Profile(user: 1, preference: [1], fetchedAtS: 0)
        shared.take(game(1), game: 1, nowS: 150)
        shared.take(game(3), game: 3, nowS: 150)
        shared.take(nil, game: 0, nowS: 170)
        shared.take(game(5), game: 5, nowS: 220)
        let both = ours.merged(with: shared)
        #expect(both.known == 0b101011 && both.games.map(\.game) == [1, 3, 5])
        #expect(both.game(3)?.roles.count == 1 && both.absences == 1)
        #expect(both.fetchedAtS == 150 && both.absencesAtS == 170 && both.preference == [1])
        #expect(both.merged(with: shared) == both)
        let firm = ours.merged(with: shared, mine: 1 << 3 | 1 << 5)
        #expect(firm.game(3)?.roles.count == 2 && firm.absences == 0b100001)
        let empty = Profile(user: 1, fetchedAtS: 9999)
        #expect(empty.merged(with: ours).fetchedAtS == 200)
        #expect(ours.merged(with: empty) == ours)
    }

    @Test("copies of any kind make one, in which each game is what one of them said")
    func mergesAnything() {
        var random = SplitMix64(seed: 11)
        func copy(_ first: UInt64) -> Profile {
            var profile = Profile(user: 1, fetchedAtS: 0)
            for atS: UInt32 in [100, 1200] {
                profile = profile.aged(nowS: atS, ages: ages)
                for slot: UInt8 in 0..<8 where random.next() % 3 == 0 {
                    let roles = Int(random.next() % 3)
                    let answer = GameProfile(
                        game: slot, registeredAtS: 5,
                        roles: (0..<roles).map { Role(region: 0, id: first + UInt64(atS) + UInt64($0)) })
                    profile.take(random.next() % 4 == 0 ? nil : answer, game: slot, nowS: atS)
                }
            }
            return profile.aged(nowS: 1210, ages: ages)
        }
        for _ in 0..<2000 {
            let (ours, shared) = (copy(10_000), copy(20_000))
            let mine = random.next() & 0xff
            let both = ours.merged(with: shared, mine: mine)
            #expect(both.known == ours.known | shared.known && both.known & both.stale == 0)
            #expect(both.known | both.stale == ours.known | shared.known | ours.stale | shared.stale)
            for slot: UInt8 in 0..<8 {
                let bit: UInt64 = 1 << UInt64(slot)
                let isTheirs =
                    both.knows(slot)
                    ? shared.knows(slot) && !(ours.knows(slot) && mine & bit != 0) : shared.stale & bit != 0
                let source = isTheirs ? shared : ours
                #expect(both.game(slot) == source.game(slot))
                guard both.known & bit != 0 else { continue }
                let isAbsence = both.absences & bit != 0
                // Never younger than where it comes from.
                #expect(
                    isAbsence
                        ? both.absencesAtS <= source.absencesAtS : both.fetchedAtS <= source.fetchedAtS)
            }
            if both.stale != 0 { #expect(both.staleAtS == 100) }
        }
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
        #expect(!Profile(user: 1, fetchedAtS: 0, stale: 2, staleAtS: 1).fits(catalog))
        #expect(Profile(user: 1, fetchedAtS: 0, stale: 1, staleAtS: 1).fits(catalog))
    }
}
