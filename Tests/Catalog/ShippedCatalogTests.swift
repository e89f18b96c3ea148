import Catalog
import Testing

@Suite("The campaign that is shipped")
struct ShippedCatalogTests {
    private let catalog: Catalog

    init() throws {
        let directory = "StaticData/campaigns/spring-festival"
        catalog = try CatalogLoader.load(
            campaign: CatalogFixture.file("\(directory)/campaign.json"),
            games: CatalogFixture.file("\(directory)/games.json"),
            gifts: CatalogFixture.file("\(directory)/gifts.json"), directory: directory, allowUnset: true)
    }

    @Test("ten games whose limits add up to the total, from 50 to 1,500 a second")
    func limits() {
        let rates = catalog.games.map(\.limit.perSecond)
        #expect(catalog.games.count == 10)
        #expect(rates.reduce(0, +) == 5000)
        #expect(rates.min() == 50 && rates.max() == 1500)
        #expect(catalog.campaign.totalLimit.perSecond == 5000)
        for game in catalog.games {
            #expect(game.limit.burst >= 10 && Double(game.limit.burst) <= 0.2 * game.limit.perSecond)
        }
        // The total must hold even if all games stall and then read at once.
        #expect(catalog.games.map(\.maxConcurrency).reduce(0, +) < catalog.campaign.totalLimit.burst)
    }

    @Test("forty packs for all three audiences, two of high value, two scarce")
    func gifts() {
        #expect(catalog.gifts.count == 40)
        #expect(Set(catalog.gifts.map(\.audience)) == Set(Audience.allCases))
        #expect(catalog.gifts.count { $0.highValue } == 2)
        #expect(catalog.gifts.count { $0.stock <= 200 } == 2)
        #expect(catalog.giftsByGame.allSatisfy { !$0.isEmpty })
        #expect(catalog.gifts.allSatisfy { $0.features.count == catalog.campaign.ranking.dimensions })
    }

    @Test("every way a game can be: with and without questions, with and without repeats")
    func games() {
        #expect(catalog.games.contains { $0.queryEndpoint == nil && $0.idempotent })
        #expect(catalog.games.contains { $0.queryEndpoint != nil && !$0.idempotent })
        #expect(catalog.games.count { $0.queryEndpoint != nil && $0.idempotent } == 8)
        #expect(catalog.games.allSatisfy { (2...4).contains($0.regions.count) })
        #expect(catalog.campaign.couponKinds.map(\.id) == ["swipe", "ar-map", "scan"])
    }

    @Test("every gift's image is there")
    func images() throws {
        for image in Set(catalog.gifts.map(\.image)) {
            let text = String(decoding: try CatalogFixture.file("StaticData/web/\(image)"), as: UTF8.self)
            #expect(text.hasPrefix("<svg"), "\(image)")
        }
    }
}
