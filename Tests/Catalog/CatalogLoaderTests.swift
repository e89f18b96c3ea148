import Testing
import Wire

@testable import Catalog

@Suite("Loading a catalog")
struct CatalogLoaderTests {
    @Test("a valid campaign loads, indexed by slot whatever its order in the files")
    func loads() throws {
        let catalog = try CatalogFixture().load()
        #expect(catalog.games.map(\.id) == ["boats", "kites"])
        #expect(catalog.gifts.map(\.id) == ["rope", "sail"])
        #expect(catalog.giftsByGame == [[1], [0]])
        #expect(catalog.game(id: "kites")?.slot == 1)
        #expect(catalog.gift(id: "sail")?.game == 0)
        #expect(catalog.game(id: "none") == nil && catalog.gift(id: "") == nil)
        #expect(catalog.allGames == 3)
    }

    @Test("values come through with their units")
    func values() throws {
        let catalog = try CatalogFixture().load()
        let campaign = catalog.campaign
        #expect(campaign.id == "lantern")
        #expect(campaign.title == LocalizedText(en: "Lanterns", zh: "灯"))
        #expect(campaign.opensAtMs == 1_767_225_600_000)
        #expect(campaign.closesAtMs == 1_769_904_000_000)
        #expect(campaign.endsAtMs == 1_770_076_800_000)
        #expect(campaign.couponKinds.map(\.id) == ["swipe", "scan"])
        #expect(campaign.totalLimit == RateLimit(perSecond: 100, burst: 40))
        #expect(
            campaign.storage
                == Storage(
                    shards: 4, claimBuckets: 16, ordersPartitions: 2, outcomesPartitions: 2,
                    retryTiersMs: [30_000, 120_000], replication: 1))
        #expect(campaign.ranking.dimensions == 2 && campaign.ranking.freshHalfLifeMs == 60_000)
        let boats = catalog.games[0]
        #expect(boats.limit == RateLimit(perSecond: 60.5, burst: 12))
        #expect(boats.regions.map(\.id) == ["s1", "s2"])
        #expect(boats.region(id: "s2")?.slot == 1 && boats.region(id: "s9") == nil)
        #expect(boats.queryURL(order: "7ZZ") == "http://10.0.0.1:8080/orders/7ZZ")
        #expect(boats.roleURL(user: .max) == "http://10.0.0.1:8080/roles/18446744073709551615")
        #expect(catalog.games[1].queryEndpoint == nil && catalog.games[1].queryURL(order: "7") == nil)
        let sail = catalog.gifts[1]
        #expect(sail.items == [Item(id: "sail", count: 1), Item(id: "mast", count: 1)])
        #expect(sail.audience == .everyone && sail.highValue && sail.stock == 0 && sail.popularity == 1)
        #expect(sail.freshAtMs == catalog.gifts[0].freshAtMs)
    }

    @Test("a pack is paused by itself or with its game, and not when nothing is said")
    func paused() throws {
        var fixture = try CatalogFixture()
        var catalog = try fixture.load()
        #expect(catalog.gifts.allSatisfy { !$0.isPaused && !catalog.isPaused($0) })
        fixture.gifts = fixture.gifts.with("gifts.0.paused", .bool(true)).with(
            "gifts.1.paused", .bool(false))
        catalog = try fixture.load()
        #expect(catalog.gifts.map(\.isPaused) == [true, false])
        fixture.gifts = fixture.gifts.with("gifts.0.paused", nil)
        fixture.games = fixture.games.with("games.1.paused", .bool(true))
        catalog = try fixture.load()
        #expect(catalog.games.map(\.isPaused) == [true, false])
        #expect(catalog.gifts.map(catalog.isPaused) == [false, true] && !catalog.gifts[1].isPaused)
    }

    @Test("the content hash is stable and follows every byte")
    func contentHash() throws {
        let fixture = try CatalogFixture()
        let hash = try fixture.load().contentHash
        #expect(hash == (try fixture.load().contentHash))
        #expect(hash.utf8.count == 16)
        var other = fixture
        other.gifts = fixture.gifts.with("gifts.0.stock", .integer(11))
        #expect(try other.load().contentHash != hash)
        #expect(ContentHash.hex([]) == "cbf29ce484222325")
        // A byte that moves from one file to the next changes the hash.
        #expect(ContentHash.hex([[1], []]) != ContentHash.hex([[], [1]]))
    }

    @Test("faults of all three files come together, in file order")
    func collectsAll() throws {
        var fixture = try CatalogFixture()
        fixture.campaign = fixture.campaign.with("id", .integer(4)).with("extra", .null)
        fixture.games = fixture.games.with("games.0.limit.burst", .integer(1)).with("games.1.name", nil)
        fixture.gifts = fixture.gifts.with("gifts.1.stock", .integer(-1)).with(
            "gifts.0.audience", .string(""))
        #expect(
            fixture.faults().map { "\($0.file.split(separator: "/").last!) \($0.path)" } == [
                "campaign.json id", "campaign.json extra", "games.json games[0].limit.burst",
                "games.json games[1].name", "gifts.json gifts[0].audience", "gifts.json gifts[1].stock",
            ])
    }

    @Test("one faulty game does not make its gifts faulty")
    func noFollowingFaults() throws {
        var fixture = try CatalogFixture()
        fixture.games = fixture.games.with("games.0.idempotent", .string("yes"))
        #expect(fixture.faults().map(\.path) == ["games[0].idempotent"])
        fixture.games = .array([])
        #expect(fixture.faults().map(\.path) == [""])
    }

    @Test("a file that is no JSON is a fault with its line and column")
    func syntax() throws {
        let fixture = try CatalogFixture()
        let games = Array("{\n  \"games\": [,]\n}".utf8)
        let faults = #expect(throws: CatalogFaults.self) {
            try CatalogLoader.load(
                campaign: CatalogFixture.bytes(fixture.campaign), games: games, gifts: [],
                directory: "lantern")
        }
        let all = try #require(faults?.faults)
        #expect(all.map(\.file) == ["lantern/games.json", "lantern/gifts.json"])
        #expect(all[0].reason.contains("line 2, column 13"))
        #expect(all[1].reason.contains("line 1, column 1"))
    }

    @Test("a fault reads file: path: reason, and control characters do not reach a terminal")
    func description() throws {
        var fixture = try CatalogFixture()
        fixture.gifts = fixture.gifts.with("gifts.0.stock", .integer(-5)).with("a\u{1b}[2J", .null)
        let lines = CatalogFaults(fixture.faults()).description.split(separator: "\n")
        let file = "StaticData/campaigns/lantern/gifts.json"
        #expect(
            lines == [
                "\(file): a?[2J: unknown key; allowed here: $schema, gifts",
                "\(file): gifts[0].stock: must be 0 to 1000000000, not -5",
            ])
        #expect(CatalogFault(file: "f", path: "", reason: "r").description == "f: $: r")
    }

    @Test("a file with thousands of faults keeps a bounded list")
    func bounded() throws {
        var fixture = try CatalogFixture()
        fixture.gifts = .object(try object("gifts", .array((0..<1000).map { .integer($0) })))
        #expect(fixture.faults().count == 201)
        #expect(fixture.faults().last?.reason == "more than 200 faults; the rest is left out")
    }

    @Test("damaged and random bytes never crash the loader")
    func fuzz() throws {
        let fixture = try CatalogFixture()
        let files = [fixture.campaign, fixture.games, fixture.gifts].map(CatalogFixture.bytes)
        var random = SplitMix64(seed: 0x10ad)
        for _ in 0..<3000 {
            var damaged = files
            let file = Int.random(in: 0..<3, using: &random)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<damaged[file].count, using: &random)
                switch random.next() % 3 {
                case 0: damaged[file][place] = UInt8(truncatingIfNeeded: random.next())
                case 1: damaged[file].remove(at: place)
                default: damaged[file].insert(damaged[file][place], at: place)
                }
            }
            do throws(CatalogFaults) {
                _ = try CatalogLoader.load(
                    campaign: damaged[0], games: damaged[1], gifts: damaged[2], directory: "lantern")
            } catch {
                #expect(!error.faults.isEmpty)
            }
        }
    }

    private func object(_ key: String, _ value: JSON) throws -> JSONObject {
        var object = JSONObject()
        _ = object.add(key, value)
        return object
    }
}
