import Catalog
import Profiles
import Testing

@testable import Simulator

@Suite struct RoleWorldTests {
    private let users = (1...2000).map { UInt64($0) &* 7919 }

    @Test func theSameSeedGivesTheSamePeople() throws {
        let catalog = try FestivalCatalog.load()
        let one = RoleWorld(seed: 42, catalog: catalog)
        let two = RoleWorld(seed: 42, catalog: catalog)
        let other = RoleWorld(seed: 43, catalog: catalog)
        #expect(users.allSatisfy { one.registrations(of: $0) == two.registrations(of: $0) })
        #expect(users.contains { one.registrations(of: $0) != other.registrations(of: $0) })
    }

    @Test func someAreStrangersMostPlayBeforeTheCampaignAndEveryGameHasPlayers() throws {
        let catalog = try FestivalCatalog.load()
        let world = RoleWorld(seed: 1, catalog: catalog)
        let all = users.map { world.registrations(of: $0) }
        let strangers = all.count(where: \.isEmpty)
        #expect((20...120).contains(strangers))
        let opensAtS = catalog.campaign.opensAtMs / 1000
        let registrations = all.flatMap { $0 }
        let veterans = registrations.count { Int64($0.registeredAtS) < opensAtS }
        #expect(veterans > registrations.count / 2 && veterans < registrations.count)
        #expect(Set(registrations.map(\.game)).count == catalog.games.count)
        #expect(registrations.allSatisfy { !$0.roles.isEmpty })
    }

    @Test func theFavouriteIsAmongTheRegistrations() throws {
        let world = RoleWorld(seed: 9, catalog: try FestivalCatalog.load())
        for user in users {
            let games = world.registrations(of: user).map(\.game)
            if let favourite = world.favourite(of: user) {
                #expect(games.contains(favourite))
            } else {
                #expect(games.isEmpty)
            }
        }
    }

    @Test func theRoleServicesAnswerIsReadBackAsTheRegistration() throws {
        let catalog = try FestivalCatalog.load()
        let world = RoleWorld(seed: 3, catalog: catalog)
        for user in users.prefix(200) {
            for game in catalog.games {
                let registration = world.registration(of: user, game: game.slot)
                let answer = RoleAnswer.json(registration, game: game)
                #expect(try RoleAnswer.parse(answer, game: game) == registration)
            }
        }
    }

    @Test func theRoleServicesTakeFrom20To200Milliseconds() throws {
        let world = RoleWorld(seed: 3, catalog: try FestivalCatalog.load())
        let delays = users.map { world.answerDelayMs(user: $0, game: 1) }
        #expect(delays.allSatisfy { (20...200).contains($0) })
        #expect(Set(delays).count > 100)
    }

    @Test func theNightlyBatchKnowsWhatTheRoleServicesSay() throws {
        let catalog = try FestivalCatalog.load()
        let world = RoleWorld(seed: 3, catalog: catalog)
        let profile = world.profile(of: 77, fetchedAtS: 1_800_000_000)
        #expect(profile.known == catalog.allGames)
        #expect(profile.games == world.registrations(of: 77))
        #expect(profile.preference.count == catalog.campaign.ranking.dimensions)
        #expect(try ProfileCodec.decode(ProfileCodec.encode(profile), user: 77).games == profile.games)
    }
}
