import CampaignFiles
import Catalog
import Testing

@Suite("What may change under a running service")
struct CampaignChangeTests {
    /// One edit of the shipped files, by the text that stands there.
    struct Edit: Sendable, CustomTestStringConvertible {
        let file: String
        let old: String
        let new: String
        /// Begins of the lines that are refused, without the directory.
        let refused: [String]

        init(_ file: String, _ old: String, _ new: String, _ refused: String...) {
            self.file = file
            self.old = old
            self.new = new
            self.refused = refused
        }

        var testDescription: String { "\(file): \(new)" }
    }

    private func lines(_ edit: Edit) throws -> (notes: [String], faults: [String]) {
        let copy = try CampaignCopy()
        let before = try copy.catalog()
        try copy.replace(edit.old, edit.new, in: edit.file)
        let after = try copy.catalog()
        do throws(CatalogFaults) {
            return (try CatalogChange.check(from: before, to: after, directory: "dir").notes, [])
        } catch {
            return ([], error.faults.map(\.description))
        }
    }

    @Test(
        "texts, limits, endpoints, pauses, times and all that ranks may change",
        arguments: [
            Edit("campaign.json", "Spring Festival Red Packets", "Lanterns"),
            Edit("campaign.json", "2027-12-31", "2027-11-30"),
            Edit("campaign.json", "2028-01-02", "2028-03-01"),
            Edit("campaign.json", "\"perSecond\": 5000", "\"perSecond\": 6000"),
            Edit("campaign.json", "\"preference\": 0.7", "\"preference\": 0.5"),
            Edit("games.json", "Dragon Tide", "Dragon"),
            Edit("games.json", "\"burst\": 200", "\"burst\": 300"),
            Edit("games.json", "/games/dragon-tide/grant", "/v2/dragon-tide/grant"),
            Edit("games.json", "\"id\": \"dragon-tide\",", "\"id\": \"dragon-tide\", \"paused\": true,"),
            Edit("games.json", "East Coast", "Eastern Coast"),
            Edit("gifts.json", "Hatchling Welcome", "Welcome"),
            Edit("gifts.json", "gifts/dragon-tide.svg", "gifts/jade-kingdoms.svg"),
            Edit("gifts.json", "\"popularity\": 0.4,", "\"popularity\": 0.9,"),
            Edit("gifts.json", "2026-02-10", "2026-02-12"),
            Edit(
                "games.json", "{ \"id\": \"east\", \"slot\": 0,",
                "{ \"id\": \"far\", \"slot\": 4, \"name\": { \"en\": \"Far\", \"zh\": \"远\" } },\n"
                    + "{ \"id\": \"east\", \"slot\": 0,"),
            Edit(
                "campaign.json", "{ \"id\": \"swipe\",",
                "{ \"id\": \"shake\", \"slot\": 3, \"title\": { \"en\": \"Shake\", \"zh\": \"摇\" } },"
                    + " { \"id\": \"swipe\","),
        ])
    func allowed(_ edit: Edit) throws {
        let lines = try lines(edit)
        #expect(lines.faults == [] && lines.notes == [])
    }

    @Test(
        "what keys, tokens and promises rest on may not",
        arguments: [
            Edit("campaign.json", "2026-01-01", "2026-01-02", "campaign.json: opensAt: is frozen"),
            Edit(
                "campaign.json", "\"claimBuckets\": 256", "\"claimBuckets\": 128",
                "campaign.json: storage.claimBuckets: is frozen"),
            Edit(
                "campaign.json", "\"ordersPartitions\": 4", "\"ordersPartitions\": 8",
                "campaign.json: storage.ordersPartitions: is frozen"),
            Edit(
                "campaign.json", "\"outcomesPartitions\": 8", "\"outcomesPartitions\": 4",
                "campaign.json: storage.outcomesPartitions: is frozen"),
            Edit(
                "campaign.json", "[30000, 120000,", "[20000, 120000,",
                "campaign.json: storage.retryTiersMs: is frozen"),
            Edit(
                "campaign.json", "\"replication\": 1", "\"replication\": 3",
                "campaign.json: storage.replication: is frozen"),
            Edit(
                "campaign.json", "\"id\": \"scan\"", "\"id\": \"shake\"",
                "campaign.json: couponKinds: slot 2 is scan's for ever, not shake's"),
            Edit(
                "games.json", "{ \"id\": \"east\", \"slot\": 0, \"name\": { \"en\": \"East Coast\"",
                "{ \"id\": \"west\", \"slot\": 0, \"name\": { \"en\": \"East Coast\"",
                "games.json: games(dragon-tide).regions: slot 0 is east's for ever, not west's"),
            Edit(
                "games.json", "\n        { \"id\": \"inland\", \"slot\": 2,",
                "\n        { \"id\": \"sky\", \"slot\": 2,",
                "games.json: games(dragon-tide).regions: slot 2 is inland's for ever, not sky's"),
            Edit(
                "gifts.json", "\"id\": \"dragon-tide-chest\"", "\"id\": \"dragon-chest\"",
                "gifts.json: gifts: slot 2 is dragon-tide-chest's for ever, not dragon-chest's"),
            Edit(
                "gifts.json",
                "\"audience\": \"new\",\n      \"stock\": 100000,\n      \"items\": [\n"
                    + "        { \"id\": \"dragon-egg\"",
                "\"audience\": \"everyone\",\n      \"stock\": 100000,\n      \"items\": [\n"
                    + "        { \"id\": \"dragon-egg\"",
                "gifts.json: gifts(dragon-hatchling-welcome).audience: is frozen"),
            Edit(
                "gifts.json", "{ \"id\": \"pearl\", \"count\": 88 }", "{ \"id\": \"pearl\", \"count\": 8 }",
                "gifts.json: gifts(dragon-tide-chest).items: is frozen"),
            Edit(
                "gifts.json", "\"slot\": 2,\n      \"game\": \"dragon-tide\"",
                "\"slot\": 2,\n      \"game\": \"jade-kingdoms\"",
                "gifts.json: gifts(dragon-tide-chest).game: is frozen"),
        ])
    func frozen(_ edit: Edit) throws {
        let faults = try lines(edit).faults
        #expect(faults.count == edit.refused.count)
        for (fault, start) in zip(faults, edit.refused) {
            #expect(fault.hasPrefix("dir/\(start)"), "\(fault)")
        }
    }

    @Test("stock: more is noted, less is refused")
    func stock() throws {
        let place =
            "\"audience\": \"new\",\n      \"stock\": 100000,\n      \"items\": [\n"
            + "        { \"id\": \"dragon-egg\""
        func edited(_ stock: Int) throws -> (notes: [String], faults: [String]) {
            let new = place.replacing("100000", with: "\(stock)")
            return try lines(Edit("gifts.json", place, new))
        }
        let path = "dir/gifts.json: gifts(dragon-hatchling-welcome).stock"
        #expect(
            try edited(100_005).notes == [
                "\(path): 100005 is not applied: more than 100000 is given by an operator's act"
            ])
        #expect(try edited(99_999).faults == ["\(path): is 100000 and may not shrink to 99999"])
    }

    @Test("entries may be appended and not taken away")
    func slots() throws {
        let all = try ShippedCampaign.catalog()
        let fewer = Catalog(
            campaign: all.campaign, games: Array(all.games.dropLast()),
            gifts: all.gifts.filter { Int($0.game) < all.games.count - 1 }, contentHash: "")
        let accepted = try CatalogChange.check(from: fewer, to: all)
        #expect(accepted.notes == [] && accepted.catalog.gifts == all.gifts)
        let faults = #expect(throws: CatalogFaults.self) { try CatalogChange.check(from: all, to: fewer) }
        let lines = faults?.faults.map(\.description) ?? []
        #expect(lines.count == 1 + all.gifts.count - fewer.gifts.count)
        #expect(lines.first?.hasPrefix("games.json: games: ") ?? false)
        #expect(lines.allSatisfy { $0.hasSuffix("is gone; entries may only be appended") })
    }

    @Test("another campaign is refused, with all that differs at once")
    func another() throws {
        let copy = try CampaignCopy()
        let before = try copy.catalog()
        try copy.replace("2026-01-01", "2026-01-02", in: "campaign.json")
        try copy.replace("\"shards\": 16", "\"shards\": 8", in: "campaign.json")
        let after = try copy.catalog()
        let faults = #expect(throws: CatalogFaults.self) {
            try CatalogChange.check(from: before, to: after)
        }
        #expect(faults?.faults.map(\.path) == ["opensAt", "storage.shards"])
    }
}
