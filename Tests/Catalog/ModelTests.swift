import Catalog
import Testing
import Wire

@Suite("The model of a campaign")
struct ModelTests {
    private static let text = """
        {"version": 1, "dimensions": 2, "gifts": {
         "rope": {"features": [0.5, -1], "popularity": 0.25, "segments": [0.1, 0.2, 1]},
         "sail": {"features": [], "popularity": 0, "segments": [0, 0, 0]}}}
        """

    private func load(_ model: JSON?) throws(CatalogFaults) -> Catalog {
        let fixture = try! CatalogFixture()
        return try CatalogLoader.load(
            campaign: CatalogFixture.bytes(fixture.campaign), games: CatalogFixture.bytes(fixture.games),
            gifts: CatalogFixture.bytes(fixture.gifts), model: model.map(CatalogFixture.bytes),
            directory: CatalogFixture.directory)
    }

    private func model() throws -> JSON { try CatalogFixture.parse(Self.text) }

    @Test("its features and popularities stand for those of gifts.json")
    func loads() throws {
        let catalog = try load(model())
        #expect(catalog.modelledGifts == 2)
        #expect(catalog.gifts[0].features == [0.5, -1])
        #expect(catalog.gifts[0].popularity == 0.25)
        #expect(catalog.gifts[0].popularityBySegment == [0.1, 0.2, 1])
        #expect(catalog.gifts[1].features == [] && catalog.gifts[1].popularityBySegment == [0, 0, 0])
        #expect(catalog.gifts[0].stock == 10 && catalog.gifts[0].id == "rope")
    }

    @Test("without one gifts.json speaks for itself, and all segments are alike")
    func without() throws {
        let catalog = try load(nil)
        #expect(catalog.modelledGifts == nil)
        #expect(catalog.gifts[0].features == [1, 0.5])
        #expect(catalog.gifts[0].popularityBySegment == [0.5, 0.5, 0.5])
    }

    @Test("a gift that it does not know keeps its popularity and has no features")
    func unknownToIt() throws {
        let catalog = try load(model().with("gifts.rope", nil))
        #expect(catalog.modelledGifts == 1)
        #expect(catalog.gifts[0].features == [])
        #expect(catalog.gifts[0].popularity == 0.5)
    }

    @Test("it is part of the content hash")
    func contentHash() throws {
        let (with, without) = (try load(model()), try load(nil))
        #expect(with.contentHash != without.contentHash)
        #expect(try load(model()).contentHash == with.contentHash)
        #expect(
            try load(model().with("gifts.rope.popularity", .double(0.26))).contentHash != with.contentHash)
    }

    private static let faults: [(String, JSON?, String, String)] = [
        ("version", .integer(2), "version", "must be 1 to 1, not 2"),
        ("version", nil, "version", "missing"),
        ("dimensions", .integer(3), "dimensions", "must be the campaign's ranking.dimensions, 2, not 3"),
        ("dimensions", .integer(0), "dimensions", "must be 1 to 64"),
        ("gifts", .array([]), "gifts", "must be an object, not an array"),
        ("gifts", .object(JSONObject()), "gifts", "must name one gift at least"),
        ("gifts.rope", .null, "gifts.rope", "must be an object, not null"),
        ("gifts.rope.features.0", .double(1.01), "gifts.rope.features[0]", "must be -1.0 to 1.0"),
        ("gifts.rope.features.1", .string("1"), "gifts.rope.features[1]", "must be a number"),
        (
            "gifts.rope.features.1", nil, "gifts.rope.features",
            "must have the campaign's ranking.dimensions (2)"
        ),
        ("gifts.rope.popularity", .double(-0.1), "gifts.rope.popularity", "must be 0.0 to 1.0"),
        ("gifts.rope.popularity", nil, "gifts.rope.popularity", "missing"),
        ("gifts.rope.segments.2", nil, "gifts.rope.segments", "must have 3 to 3 elements, not 2"),
        ("gifts.rope.segments.1", .integer(2), "gifts.rope.segments[1]", "must be 0.0 to 1.0"),
        ("gifts.rope.slot", .integer(0), "gifts.rope.slot", "unknown key; allowed here: features"),
        ("people", .null, "people", "unknown key; allowed here: $schema, version, dimensions, gifts"),
    ]

    @Test("each fault has its file, path and reason", arguments: faults)
    func fault(edit: String, value: JSON?, path: String, reason: String) throws {
        let faults = #expect(throws: CatalogFaults.self) { try load(model().with(edit, value)) }
        let all = try #require(faults?.faults)
        #expect(all.map(\.file) == ["\(CatalogFixture.directory)/model.json"])
        #expect(all.map(\.path) == [path])
        #expect(all.first?.reason.contains(reason) ?? false, "\(all)")
    }

    @Test("a gift that gifts.json does not have is a fault")
    func unknownGift() throws {
        let rope = try #require(model()["gifts.rope"])
        let faults = #expect(throws: CatalogFaults.self) {
            try load(model().with("gifts.robe", rope))
        }
        #expect(
            faults?.description
                == "\(CatalogFixture.directory)/model.json: gifts.robe: no gift \"robe\" in gifts.json")
    }

    @Test("numbers that are none are faults of the file")
    func notFinite() throws {
        let fixture = try CatalogFixture()
        for number in ["NaN", "Infinity", "1e999", "-1e400"] {
            let text = Self.text.replacing("0.25", with: number)
            let faults = #expect(throws: CatalogFaults.self) {
                try CatalogLoader.load(
                    campaign: CatalogFixture.bytes(fixture.campaign),
                    games: CatalogFixture.bytes(fixture.games), gifts: CatalogFixture.bytes(fixture.gifts),
                    model: Array(text.utf8), directory: CatalogFixture.directory)
            }
            #expect(faults?.faults.count == 1)
            #expect(faults?.faults.first?.file.hasSuffix("model.json") ?? false)
        }
    }

    @Test("its schema takes what the loader takes, and refuses what a schema can refuse")
    func schema() throws {
        let bytes = try CatalogFixture.file("StaticData/schema/model.schema.json")
        let schema = MiniSchema(root: try JSON.parse(bytes, limits: .document))
        #expect(schema.faults(try model()) == [])
        for (edit, value, _, reason) in Self.faults where !reason.contains("ranking.dimensions") {
            #expect(try !schema.faults(model().with(edit, value)).isEmpty, "\(edit)")
        }
    }
}
