import Catalog
import Testing
import Wire

@Suite("The schemas in StaticData agree with the loader")
struct SchemaTests {
    private func schema(_ name: String) throws -> MiniSchema {
        let bytes = try CatalogFixture.file("StaticData/schema/\(name).schema.json")
        return MiniSchema(root: try JSON.parse(bytes, limits: .document))
    }

    @Test("what is shipped and what the loader accepts is valid", arguments: ["campaign", "games", "gifts"])
    func accepts(_ name: String) throws {
        let fixture = try CatalogFixture()
        let ours = name == "campaign" ? fixture.campaign : name == "games" ? fixture.games : fixture.gifts
        let shipped = try CatalogFixture.file("StaticData/campaigns/spring-festival/\(name).json")
        let schema = try schema(name)
        #expect(schema.faults(ours) == [])
        #expect(schema.faults(try JSON.parse(shipped, limits: .document)) == [])
    }

    @Test("what the schema refuses, the loader refuses, and the other way round where a schema can say it")
    func refuses() throws {
        // What only the loader can see: things used twice, gaps, other files, times and URLs in full.
        let beyondSchemas = [
            "duplicate", "is missing", "after opensAt", "not be before", "not be after", "not be below",
            "directory's name", "longer than",
            "shorter", "above", "below limit", "no game", "dimensions (", "must be a time", "URL", "host",
            "port",
            "not set", "{order}", "{user}", "control character", "no { or }",
        ]
        for one in campaignCases + gamesCases + giftsCases {
            let fixture = try CatalogFixture()
            let name = String(one.file.dropLast(".json".count))
            let edited: JSON
            switch name {
            case "campaign": edited = fixture.campaign.with(one.edit, one.value)
            case "games": edited = fixture.games.with(one.edit, one.value)
            default: edited = fixture.gifts.with(one.edit, one.value)
            }
            let refused = try !schema(name).faults(edited).isEmpty
            if !beyondSchemas.contains(where: { one.reason.contains($0) }) {
                #expect(refused, "\(one.file) \(one.edit)")
            }
        }
    }

    @Test("each object of a schema names exactly the keys that the loader asks for")
    func sameKeys() throws {
        let places = [
            ("campaign", "", "properties"), ("campaign", "storage", "properties.storage.properties"),
            ("campaign", "ranking", "properties.ranking.properties"),
            ("campaign", "quotas", "properties.quotas.properties"),
            ("campaign", "approval", "properties.approval.properties"),
            ("campaign", "totalLimit", "$defs.rateLimit.properties"),
            ("campaign", "couponKinds.0", "properties.couponKinds.items.properties"),
            ("games", "", "properties"), ("games", "games.0", "$defs.game.properties"),
            ("games", "games.0.limit", "$defs.rateLimit.properties"),
            ("games", "games.0.regions.0", "$defs.region.properties"), ("gifts", "", "properties"),
            ("gifts", "gifts.0", "$defs.gift.properties"),
            ("gifts", "gifts.0.items.0", "$defs.item.properties"),
            ("gifts", "gifts.0.amount", "$defs.gift.properties.amount.properties"),
            ("gifts", "gifts.0.title", "$defs.localizedText.properties"),
        ]
        for (name, place, properties) in places {
            let edit = place.isEmpty ? "zzz" : "\(place).zzz"
            let fault = try #require(try FaultCase("\(name).json", edit, .null, at: "", "").faults().first)
            let allowed = fault.reason.split(separator: ": ").last!.split(separator: ", ").map(String.init)
            guard case .object(let object) = try schema(name).root[properties] else {
                Issue.record("\(properties) is no object")
                continue
            }
            #expect(Set(allowed) == Set(object.keys), "\(name) \(place)")
        }
    }
}
