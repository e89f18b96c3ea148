import Catalog
import Testing
import Wire

/// One edit of the valid campaign and the one fault that it must make.
struct FaultCase: Sendable, CustomTestStringConvertible {
    let file: String
    let edit: String
    let value: JSON?
    let path: String
    let reason: String

    var testDescription: String { "\(file) \(edit)" }

    init(_ file: String, _ edit: String, _ value: JSON?, at path: String, _ reason: String) {
        self.file = file
        self.edit = edit
        self.value = value
        self.path = path
        self.reason = reason
    }

    func faults() throws -> [CatalogFault] {
        var fixture = try CatalogFixture()
        switch file {
        case "campaign.json": fixture.campaign = fixture.campaign.with(edit, value)
        case "games.json": fixture.games = fixture.games.with(edit, value)
        default: fixture.gifts = fixture.gifts.with(edit, value)
        }
        return fixture.faults()
    }
}

@Suite("Faults of a catalog, each with its file, path and reason")
struct CatalogFaultTests {
    @Test("campaign.json", arguments: campaignCases)
    func campaign(_ one: FaultCase) throws {
        try check(one)
    }

    @Test("games.json", arguments: gamesCases)
    func games(_ one: FaultCase) throws {
        try check(one)
    }

    @Test("gifts.json", arguments: giftsCases)
    func gifts(_ one: FaultCase) throws {
        try check(one)
    }

    private func check(_ one: FaultCase) throws {
        let faults = try one.faults()
        #expect(faults.map(\.file) == ["\(CatalogFixture.directory)/\(one.file)"])
        #expect(faults.map(\.path) == [one.path])
        #expect(faults.first?.reason.contains(one.reason) ?? false, "\(faults)")
    }

    @Test("a game's id used twice")
    func duplicateGame() throws {
        var fixture = try CatalogFixture()
        let again = try #require(fixture.games["games.0"]).with("slot", .integer(2))
        fixture.games = fixture.games.with("games.2", again)
        #expect(fixture.faults().map(\.path) == ["games[2].id"])
        #expect(fixture.faults().first?.reason == "duplicate id \"kites\"; it is games[0]'s already")
    }

    @Test("too many games, gifts, coupon kinds and regions")
    func tooMany() throws {
        var fixture = try CatalogFixture()
        let game = try #require(fixture.games["games.0"])
        fixture.games = fixture.games.with("games", .array(Array(repeating: game, count: 65)))
        #expect(fixture.faults().first?.reason == "must have 1 to 64 elements, not 65")

        fixture = try CatalogFixture()
        let gift = try #require(fixture.gifts["gifts.0"])
        fixture.gifts = fixture.gifts.with("gifts", .array(Array(repeating: gift, count: 1025)))
        #expect(fixture.faults().first?.reason == "must have 1 to 1024 elements, not 1025")

        fixture = try CatalogFixture()
        let kind = try #require(fixture.campaign["couponKinds.0"])
        fixture.campaign = fixture.campaign.with("couponKinds", .array(Array(repeating: kind, count: 17)))
        #expect(fixture.faults().first?.path == "couponKinds")

        fixture = try CatalogFixture()
        let region = try #require(fixture.games["games.0.regions.0"])
        fixture.games = fixture.games.with(
            "games.0.regions", .array(Array(repeating: region, count: 1025)))
        #expect(fixture.faults().map(\.path) == ["games[0].regions"])
    }

    @Test("64 games with limits that add up to more than the total are no fault")
    func sumAboveTotal() throws {
        var fixture = try CatalogFixture()
        let game = try #require(fixture.games["games.0"])
        let more = (2..<64).map { slot in
            game.with("id", .string("kites-\(slot)")).with("slot", .integer(Int64(slot)))
        }
        guard case .array(let two) = fixture.games["games"] else { return }
        fixture.games = fixture.games.with("games", .array(two + more))
        #expect(fixture.faults() == [])
        #expect(try fixture.load().allGames == .max)
    }

    @Test("a wrong type is a fault wherever it stands")
    func wrongTypes() throws {
        for (file, places) in try typedPlaces() {
            for place in places {
                let wrong: JSON = .array([.array([])])
                let faults = try FaultCase(file, place, wrong, at: "", "").faults()
                #expect(!faults.isEmpty, "\(file) \(place)")
                #expect(faults.allSatisfy { $0.file.hasSuffix(file) || file == "games.json" }, "\(place)")
            }
        }
    }

    @Test("each missing key is a fault at its own path")
    func missingKeys() throws {
        for (file, places) in try typedPlaces() {
            for place in places where Int(place.split(separator: ".").last!) == nil {
                if Self.mayBeMissing.contains(where: { place.hasSuffix($0) }) { continue }
                let faults = try FaultCase(file, place, nil, at: "", "").faults()
                let path = bracketed(place)
                #expect(faults.contains { $0.path == path && $0.reason == "missing" }, "\(file) \(place)")
            }
        }
    }

    private static let mayBeMissing = [
        "queryEndpoint", "$schema", "settlesAt", "quotas", "perPerson", "perPersonGift", "perPersonDay",
        "dayOffsetMinutes", "approval", "claimsPerDevice", "claimsPerAddress", "minAccountAgeDays",
        "twoPersonsFrom", "capPerOperatorPerDay", "value", "amount",
    ]

    /// Every member and element of the fixture, as an edit path.
    private func typedPlaces() throws -> [(String, [String])] {
        let fixture = try CatalogFixture()
        func places(_ json: JSON, _ path: String) -> [String] {
            let steps: [(String, JSON)]
            switch json {
            case .object(let object): steps = object.members.map { ($0.key, $0.value) }
            case .array(let elements): steps = elements.enumerated().map { ("\($0)", $1) }
            default: return []
            }
            return steps.flatMap { step, value in
                let here = path.isEmpty ? step : "\(path).\(step)"
                return [here] + places(value, here)
            }
        }
        return [
            ("campaign.json", places(fixture.campaign, "")), ("games.json", places(fixture.games, "")),
            ("gifts.json", places(fixture.gifts, "")),
        ]
    }

    /// `games.0.id` as `games[0].id`.
    private func bracketed(_ place: String) -> String {
        place.split(separator: ".").reduce("") { path, step in
            if Int(step) != nil { return "\(path)[\(step)]" }
            return path.isEmpty ? String(step) : "\(path).\(step)"
        }
    }
}
