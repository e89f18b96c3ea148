import Catalog
import NIOCore
import Orders
import Profiles
import Testing
import Wire

@testable import Recommend

@Suite("A person's list of gift packs")
struct GiftListTests {
    private let catalog: Catalog
    private let list: GiftList

    init() throws {
        catalog = try ShippedCampaign.catalog()
        list = GiftList(catalog: catalog)
    }

    private func json(
        _ person: Profile, missing: UInt64 = 0, degraded: Bool = false,
        nowMs: Int64 = ShippedCampaign.nowMs, soldOut: Set<UInt16> = [],
        in scratch: ListScratch = ListScratch()
    ) -> [UInt8] {
        scratch.person.set(person)
        list.write(
            scratch.person, missing: missing, degraded: degraded, nowMs: nowMs,
            common: list.ranking.common(nowMs: nowMs),
            soldOut: SoldOut(soldOut, gifts: catalog.gifts.count), into: scratch)
        return Array(scratch.out.readableBytesView)
    }

    private func read(
        _ profile: Profile, missing: UInt64 = 0, degraded: Bool = false, nowMs: Int64 = ShippedCampaign.nowMs,
        soldOut: Set<UInt16> = []
    ) throws -> JSONObject {
        let bytes = json(profile, missing: missing, degraded: degraded, nowMs: nowMs, soldOut: soldOut)
        guard case .object(let root) = try JSON.parse(bytes, limits: .document) else {
            throw JSONError(path: "", reason: "no object")
        }
        return root
    }

    private func gifts(_ root: JSONObject) throws -> [JSONObject] {
        guard case .array(let gifts) = root["gifts"] else { return [] }
        return gifts.compactMap { if case .object(let gift) = $0 { gift } else { nil } }
    }

    /// A person in some games, with or without roles, before or in the campaign, known or not.
    private func person(using random: inout SplitMix64) -> Profile {
        var profile = Profile(user: random.next(), fetchedAtS: 1_779_999_000)
        for game in catalog.games where random.next() % 4 != 0 {
            let roles = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                Role(
                    region: UInt16.random(in: 0..<UInt16(game.regions.count), using: &random),
                    id: random.next())
            }
            let isEarly = random.next() % 2 == 0
            let registration = GameProfile(
                game: game.slot, registeredAtS: isEarly ? 1_600_000_000 : 1_779_000_000, roles: roles)
            profile.take(random.next() % 3 == 0 ? nil : registration, game: game.slot, nowS: 1_779_999_000)
        }
        if random.next() % 2 == 0 {
            profile.preference = (0..<32).map { _ in .random(in: -1...1, using: &random) }
        }
        return profile
    }

    @Test("every pack is there once, with what a page needs")
    func whole() throws {
        let root = try read(Profile(user: 1, fetchedAtS: 0))
        #expect(root.keys == ["campaign", "degraded", "missing", "gifts"])
        #expect(root["campaign"] == .string("spring-festival") && root["degraded"] == .bool(false))
        let gifts = try gifts(root)
        #expect(gifts.count == 40)
        for gift in catalog.gifts { #expect(gifts.count { $0["id"] == .string(gift.id) } == 1) }
        for gift in gifts {
            #expect(gift.keys == ["id", "game", "title", "image", "audience", "claimable", "roles"])
        }
        let first = try #require(gifts.first)
        guard case .string(let id) = first["id"], let known = catalog.gift(id: id) else { return }
        #expect(first["game"] == .string(catalog.games[Int(known.game)].id))
        #expect(first["image"] == .string("/\(known.image)"))
        #expect(first["audience"] == .string(known.audience.rawValue))
        guard case .object(let title) = first["title"] else { return }
        #expect(title["en"] == .string(known.title.en) && title["zh"] == .string(known.title.zh))
    }

    @Test(
        "promise 8: the list says what the claim's own code says, for the pack and for each role shown"
    )
    func agrees() throws {
        var random = SplitMix64(seed: 81)
        for _ in 0..<200 {
            let profile = person(using: &random)
            let soldOut = Set((0..<3).map { _ in UInt16.random(in: 0..<40, using: &random) })
            let nowMs = [ShippedCampaign.nowMs, catalog.campaign.opensAtMs - 1, catalog.campaign.closesAtMs]
                .randomElement(using: &random)!
            for gift in try gifts(read(profile, nowMs: nowMs, soldOut: soldOut)) {
                guard case .string(let id) = gift["id"], let known = catalog.gift(id: id) else {
                    Issue.record("a gift without an id")
                    continue
                }
                let isSoldOut = soldOut.contains(known.slot)
                let answer = Eligibility.check(
                    gift: known, profile: profile, catalog: catalog, nowMs: nowMs, soldOut: isSoldOut)
                switch answer {
                case .yes: #expect(gift["claimable"] == .bool(true) && gift["reason"] == nil)
                case .unknown: #expect(gift["claimable"] == .string("unknown") && gift["reason"] == nil)
                case .no(let refusal):
                    #expect(gift["claimable"] == .bool(false))
                    #expect(gift["reason"] == .string(refusal.rawValue))
                }
                for (region, role) in try roles(gift, known) {
                    let claim = Eligibility.check(
                        gift: known, region: region, role: role, profile: profile, catalog: catalog,
                        nowMs: nowMs, soldOut: isSoldOut)
                    #expect(claim == answer)
                }
                if answer == .yes { #expect(try !roles(gift, known).isEmpty) }
            }
        }
    }

    private func roles(_ gift: JSONObject, _ known: Gift) throws -> [(UInt16, UInt64)] {
        guard case .array(let entries) = gift["roles"] else { return [] }
        return try entries.map { entry in
            var fields = try JSONFields(entry)
            let region = catalog.games[Int(known.game)].region(id: try fields.string("region"))
            let role = try fields.decimal("role")
            try fields.finish()
            return (try #require(region).slot, role)
        }
    }

    @Test("what can be claimed comes first, then what is unknown, then what needs a role, then the rest")
    func order() throws {
        var random = SplitMix64(seed: 82)
        for _ in 0..<100 {
            let ranks = try gifts(read(person(using: &random))).map { gift in
                switch (gift["claimable"], gift["reason"]) {
                case (.bool(true), _): 0
                case (.string("unknown"), _): 1
                case (_, .string("no_role")): 2
                default: 3
                }
            }
            #expect(ranks == ranks.sorted())
        }
    }

    @Test("a degraded list names the games that are missing, and guesses nothing about them")
    func degraded() throws {
        var profile = Profile(user: 1, fetchedAtS: 0)
        for game in catalog.games where game.slot > 1 { profile.take(nil, game: game.slot, nowS: 5) }
        let root = try read(profile, missing: 0b11, degraded: true)
        #expect(root["degraded"] == .bool(true))
        #expect(root["missing"] == .array([.string("dragon-tide"), .string("lantern-legends")]))
        for gift in try gifts(root) {
            let isMissing = [.string("dragon-tide"), .string("lantern-legends")].contains(gift["game"])
            #expect(gift["claimable"] == (isMissing ? .string("unknown") : .bool(false)))
        }
    }

    @Test("stale knowledge orders and shows roles, and promises nothing")
    func stale() throws {
        let game = try #require(catalog.games.first)
        let player = GameProfile(
            game: game.slot, registeredAtS: 1_600_000_000, roles: [Role(region: 0, id: 77)])
        var person = Profile(user: 1, fetchedAtS: 0)
        for other in catalog.games where other.slot != game.slot {
            person.take(nil, game: other.slot, nowS: 5)
        }
        person.games = [player]
        person.stale = 1 << UInt64(game.slot)
        person.staleAtS = 4
        let gifts = try gifts(read(person, missing: person.stale, degraded: true))
        for gift in gifts where gift["game"] == .string(game.id) {
            #expect(gift["claimable"] == .string("unknown"))
            #expect(try roles(gift, catalog.gifts[0]).map(\.1) == [77])
        }
        // What the player of old could have stands before what is for newcomers there.
        let places = gifts.enumerated().filter { $0.element["game"] == .string(game.id) }
        let newcomers = places.filter { $0.element["audience"] == .string("new") }.map(\.offset)
        let players = places.filter { $0.element["audience"] == .string("active") }.map(\.offset)
        #expect(try #require(players.max()) < #require(newcomers.min()))
    }

    @Test("the same person at the same time gets the same bytes, from a new scratch and a used one")
    func deterministic() {
        var random = SplitMix64(seed: 83)
        let profile = person(using: &random)
        let used = ListScratch()
        for _ in 0..<20 { _ = json(person(using: &random), soldOut: [3, 9], in: used) }
        #expect(json(profile, in: used) == json(profile))
    }

    @Test("standings follow what a person can do about a pack")
    func standings() {
        #expect(GiftList.standing(.yes) == .claimable)
        #expect(GiftList.standing(.unknown) == .unknown)
        #expect(GiftList.standing(GiftTable.Verdict(.noRole)) == .needsRole)
        for refusal in Refusal.allCases where refusal != .noRole {
            #expect(GiftList.standing(GiftTable.Verdict(refusal)) == .closed)
        }
    }
}
