import Catalog
import Profiles
import Testing

@testable import Orders

@Suite("Eligibility")
struct EligibilityTests {
    let catalog = Sample.catalog
    var opens: Int64 { catalog.campaign.opensAtMs }

    private func gift(_ audience: Audience) throws -> Gift {
        try #require(catalog.gifts.first { $0.audience == audience })
    }

    private func profile(_ gift: Gift, registeredAtMs: Int64?) -> Profile {
        let games = registeredAtMs.map {
            [
                GameProfile(
                    game: gift.game, registeredAtS: UInt32($0 / 1000), roles: [Role(region: 0, id: 77)])
            ]
        }
        return Profile(
            user: 5, known: 1 << UInt64(gift.game), games: games ?? [], preference: [], fetchedAtS: 0)
    }

    @Test("audience against the time of registration")
    func audiences() throws {
        let cases: [(Audience, Int64?, Claimability)] = [
            (.new, opens + 5_000, .yes), (.new, opens - 5_000, .no(.notNewcomer)), (.new, nil, .no(.noRole)),
            (.active, opens - 5_000, .yes), (.active, opens + 5_000, .no(.notPlayer)),
            (.active, nil, .no(.noRole)),
            (.everyone, opens - 5_000, .yes), (.everyone, opens + 5_000, .yes),
            (.everyone, nil, .no(.noRole)),
        ]
        for (audience, registered, expected) in cases {
            let gift = try gift(audience)
            let answer = Eligibility.check(
                gift: gift, profile: profile(gift, registeredAtMs: registered), catalog: catalog,
                nowMs: opens + 60_000)
            #expect(answer == expected, "\(audience) registered \(String(describing: registered))")
        }
    }

    @Test("promise 8: the table that the list asks is the check that the claim asks")
    func table() throws {
        let stamps: [Registration: UInt32] = [
            .before: UInt32(opens / 1000 - 5), .since: UInt32(opens / 1000 + 5),
        ]
        for gift in catalog.gifts {
            for registration in Registration.allCases {
                let stamp = stamps[registration].map { Int64($0) * 1000 }
                var person: Profile? = profile(gift, registeredAtMs: stamp)
                if registration == .unknown { person = nil }
                #expect(Registration(person, game: gift.game, campaign: catalog.campaign) == registration)
                let whole = Eligibility.check(gift: gift, profile: person, catalog: catalog, nowMs: opens)
                #expect(whole == Eligibility.check(gift.audience, registration))
            }
        }
    }

    @Test("a paused pack, and every pack of a paused game, is not given out")
    func paused() throws {
        func refusal(pack: Bool, game: Bool, nowMs: Int64) throws -> Refusal? {
            let gift = catalog.gifts[0]
            let old = catalog.games[Int(gift.game)]
            var games = catalog.games
            games[Int(gift.game)] = Game(
                id: old.id, slot: old.slot, name: old.name, limit: old.limit,
                maxConcurrency: old.maxConcurrency, requestTimeoutMs: old.requestTimeoutMs,
                connectTimeoutMs: old.connectTimeoutMs, endpoint: old.endpoint,
                queryEndpoint: old.queryEndpoint, roleServiceEndpoint: old.roleServiceEndpoint,
                idempotent: old.idempotent, regions: old.regions, isPaused: game)
            let stopped = Gift(
                id: gift.id, slot: gift.slot, game: gift.game, title: gift.title, image: gift.image,
                audience: gift.audience, stock: gift.stock, items: gift.items, highValue: gift.highValue,
                features: gift.features, popularity: gift.popularity, freshAtMs: gift.freshAtMs,
                isPaused: pack)
            let changed = Catalog(
                campaign: catalog.campaign, games: games, gifts: [stopped] + catalog.gifts.dropFirst(),
                contentHash: "0")
            return Eligibility.refusal(gift: stopped, catalog: changed, nowMs: nowMs, soldOut: true)
        }
        #expect(try refusal(pack: true, game: false, nowMs: opens) == .paused)
        #expect(try refusal(pack: false, game: true, nowMs: opens) == .paused)
        #expect(try refusal(pack: false, game: false, nowMs: opens) == .soldOut)
        #expect(try refusal(pack: true, game: true, nowMs: opens - 1) == .notYetOpen)
    }

    @Test("what is not known is not guessed")
    func unknown() throws {
        let gift = try gift(.everyone)
        #expect(Eligibility.check(gift: gift, profile: nil, catalog: catalog, nowMs: opens) == .unknown)
        var blank = profile(gift, registeredAtMs: nil)
        blank.known = 0
        #expect(Eligibility.check(gift: gift, profile: blank, catalog: catalog, nowMs: opens) == .unknown)
    }

    @Test("the window and the stock come first")
    func windowAndStock() throws {
        let gift = try gift(.everyone)
        let person = profile(gift, registeredAtMs: opens - 1_000_000)
        func answer(_ nowMs: Int64, soldOut: Bool = false) -> Claimability {
            Eligibility.check(gift: gift, profile: person, catalog: catalog, nowMs: nowMs, soldOut: soldOut)
        }
        #expect(answer(opens - 1) == .no(.notYetOpen))
        #expect(answer(opens) == .yes)
        #expect(answer(catalog.campaign.closesAtMs) == .no(.over))
        #expect(answer(opens, soldOut: true) == .no(.soldOut))
    }

    @Test("promise 8: a claim for a role of one's own gets what the list said; for another, not_your_role")
    func claimAgrees() throws {
        for gift in catalog.gifts {
            for registered in [opens - 9_000, opens + 9_000] {
                let person = profile(gift, registeredAtMs: registered)
                let listed = Eligibility.check(
                    gift: gift, profile: person, catalog: catalog, nowMs: opens + 60_000)
                let claimed = Eligibility.check(
                    gift: gift, region: 0, role: 77, profile: person, catalog: catalog, nowMs: opens + 60_000)
                #expect(listed == claimed)
                let foreign = Eligibility.check(
                    gift: gift, region: 0, role: 78, profile: person, catalog: catalog, nowMs: opens + 60_000)
                #expect(foreign == (listed == .yes ? .no(.notYours) : listed))
            }
        }
    }
}
