import CampaignFiles
import Catalog
import Testing

@Suite("Edits that a service cannot serve yet")
struct DeclinedEditTests {
    private let folder: CheckFolder

    init() throws { folder = try CheckFolder() }

    private func endpoints(_ events: [CampaignEvent]) -> [String] {
        events.map { event in
            if case .loaded(let catalog, _) = event { catalog.games[0].endpoint } else { "\(event)" }
        }
    }

    @Test("a declined edit comes back with every look, and going back to what is served is told of too")
    func declined() throws {
        let directory = try folder.writeCampaign("https://a.example/1")
        let served = try CampaignDirectory.load(directory)
        var look = CampaignLook(directory: directory, webRoot: nil, serving: served, environment: [:])
        #expect(look.look().isEmpty && look.look().isEmpty && look.look().isEmpty)
        _ = try folder.writeCampaign("https://a.example/22")
        #expect(look.look().isEmpty)
        for _ in 0..<3 {
            #expect(endpoints(look.look()) == ["https://a.example/22"])
            look.declined()
        }
        _ = try folder.writeCampaign("https://a.example/1")
        #expect(look.look().isEmpty)
        #expect(endpoints(look.look()) == ["https://a.example/1"])
        #expect(look.look().isEmpty)
        _ = try folder.writeCampaign("https://a.example/333")
        #expect(look.look().isEmpty)
        #expect(endpoints(look.look()) == ["https://a.example/333"])
        #expect(look.look().isEmpty)
    }
}
