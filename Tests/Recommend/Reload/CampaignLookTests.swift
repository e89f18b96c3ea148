import CampaignFiles
import Catalog
import Foundation
import Testing

@Suite("Edits of a campaign under a running service")
struct CampaignLookTests {
    private let copy: CampaignCopy
    private let title = "\"Spring Festival Red Packets\""

    init() throws {
        copy = try CampaignCopy()
    }

    @Test("what is there at the start is no change, and neither is nothing")
    func start() throws {
        var look = CampaignLook(
            directory: copy.directory + "/", webRoot: nil, serving: try copy.catalog(),
            environment: CampaignCopy.environment)
        for _ in 0..<5 { #expect(look.look().isEmpty) }
    }

    @Test("an edit between loading and the first look is found")
    func early() throws {
        var look = CampaignLook(
            directory: copy.directory, webRoot: nil, serving: try copy.catalog(),
            environment: CampaignCopy.environment)
        try copy.replace(title, "\"Lanterns\"", in: "campaign.json")
        #expect(look.look().isEmpty)
        #expect(look.look().first?.loaded?.campaign.title.en == "Lanterns")
    }

    @Test("a good edit is taken by the second look that sees it, once")
    func good() throws {
        var look = try copy.look()
        try copy.replace(title, "\"Lanterns\"", in: "campaign.json")
        #expect(look.look().isEmpty)
        let events = look.look()
        #expect(events.count == 1 && events.first?.notes == [])
        #expect(events.first?.loaded?.campaign.title.en == "Lanterns")
        #expect(look.look().isEmpty)
    }

    @Test("a pause, and its end")
    func pause() throws {
        var look = try copy.look()
        let place = "\"id\": \"dragon-tide-chest\","
        try copy.replace(place, "\(place) \"paused\": true,", in: "gifts.json")
        _ = look.look()
        let paused = try #require(look.look().first?.loaded)
        #expect(paused.gifts.filter(paused.isPaused).map(\.id) == ["dragon-tide-chest"])
        try copy.replace("\"paused\": true,", "", in: "gifts.json")
        let game = "\"id\": \"lantern-legends\","
        try copy.replace(game, "\(game) \"paused\": true,", in: "games.json")
        _ = look.look()
        let next = try #require(look.look().first?.loaded)
        #expect(Set(next.gifts.filter(next.isPaused).map(\.game)) == [1])
    }

    @Test("a file that is still being written is left alone")
    func halfWritten() throws {
        var look = try copy.look()
        let text = try copy.text("gifts.json").replacingOccurrences(of: "Tide Chest", with: "Sea Chest")
        for part in 1...9 {
            try copy.write(String(text.prefix(text.count * part / 10)), to: "gifts.json")
            #expect(look.look().isEmpty)
        }
        try copy.write(text, to: "gifts.json")
        #expect(look.look().isEmpty)
        #expect(look.look().first?.loaded?.gift(id: "dragon-tide-chest")?.title.en == "Sea Chest")
    }

    @Test("a bad edit is refused with file, place and reason, and told once")
    func bad() throws {
        var look = try copy.look()
        try copy.write("{\"games\": [,]}", to: "games.json")
        _ = look.look()
        let faults = try #require(look.look().first?.faults)
        #expect(faults.first?.hasPrefix("\(copy.directory)/games.json: ") ?? false)
        #expect(faults.first?.contains("line 1, column 12") ?? false)
        #expect(look.look().isEmpty)
        // The same again, and worse.
        try copy.touch("spring-festival/games.json")
        for _ in 0..<3 { #expect(look.look().isEmpty) }
        try copy.write("", to: "games.json")
        _ = look.look()
        #expect(look.look().first?.faults != nil)
    }

    @Test("back to good after bad: the same catalog is loaded again, and another one too")
    func back() throws {
        var look = try copy.look()
        let (before, games) = (try copy.catalog(), try copy.text("games.json"))
        try copy.write("nonsense", to: "games.json")
        _ = look.look()
        #expect(look.look().first?.faults != nil)
        try copy.write(games, to: "games.json")
        _ = look.look()
        #expect(look.look().first?.loaded?.contentHash == before.contentHash)
        #expect(look.look().isEmpty)
        try copy.write("nonsense", to: "games.json")
        for _ in 0..<2 { _ = look.look() }
        try copy.write(games.replacingOccurrences(of: "Dragon Tide", with: "Dragon"), to: "games.json")
        _ = look.look()
        #expect(look.look().first?.loaded?.games[0].name.en == "Dragon")
    }

    @Test("a change of what is frozen is refused, from what is served and not from what was refused")
    func frozen() throws {
        var look = try copy.look()
        try copy.replace("\"shards\": 16", "\"shards\": 32", in: "campaign.json")
        _ = look.look()
        let faults = try #require(look.look().first?.faults)
        #expect(faults.count == 1)
        #expect(faults[0].hasPrefix("\(copy.directory)/campaign.json: storage.shards: is frozen"))
        try copy.replace("\"shards\": 32", "\"shards\": 64", in: "campaign.json")
        _ = look.look()
        #expect(look.look().first?.faults?.first?.contains("(16, not 64)") ?? false)
        try copy.replace("\"shards\": 64", "\"shards\": 16", in: "campaign.json")
        _ = look.look()
        #expect(look.look().first?.loaded?.campaign.storage.shards == 16)
    }

    @Test("a file that is gone is refused, and good again when it is back")
    func deleted() throws {
        var look = try copy.look()
        let gifts = try copy.text("gifts.json")
        try copy.remove("gifts.json")
        #expect(look.look().isEmpty)
        #expect(look.look().first?.faults == ["\(copy.directory)/gifts.json: $: No such file or directory"])
        for _ in 0..<3 { #expect(look.look().isEmpty) }
        try copy.write(gifts, to: "gifts.json")
        _ = look.look()
        #expect(look.look().first?.loaded != nil)
    }

    @Test("what cannot be read is refused, and read again without another edit")
    func unreadable() throws {
        var look = try copy.look()
        try copy.remove("gifts.json")
        try FileManager.default.createDirectory(
            atPath: "\(copy.directory)/gifts.json", withIntermediateDirectories: false)
        _ = look.look()
        #expect(look.look().first?.faults == ["\(copy.directory)/gifts.json: $: Is a directory"])
        #expect(look.look().isEmpty)
    }

    @Test("a file beyond the maximum is refused")
    func tooLarge() throws {
        var look = try copy.look()
        try copy.write(try copy.text("gifts.json") + String(repeating: " ", count: 4 << 20), to: "gifts.json")
        _ = look.look()
        #expect(look.look().first?.faults?.first?.contains("is larger than") ?? false)
    }

    @Test("the same content written anew is nothing: in place, by another file, with other permissions")
    func sameContent() throws {
        var look = try copy.look()
        let games = try copy.text("games.json")
        try copy.write(games, to: "games.json")
        for _ in 0..<3 { #expect(look.look().isEmpty) }
        try copy.remove("games.json")
        try copy.write(games, to: "games.json")
        for _ in 0..<3 { #expect(look.look().isEmpty) }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: "\(copy.directory)/games.json")
        for _ in 0..<3 { #expect(look.look().isEmpty) }
    }

    @Test("edits of several files are taken together")
    func together() throws {
        var look = try copy.look()
        try copy.replace("\"game\": \"paper-kites\"", "\"game\": \"paper-boats\"", in: "gifts.json")
        #expect(look.look().isEmpty)
        // Only now do the files agree: without this edit they would be refused by this look.
        try copy.replace("\"game\": \"paper-boats\"", "\"game\": \"paper-kites\"", in: "gifts.json")
        try copy.replace(title, "\"Lanterns\"", in: "campaign.json")
        #expect(look.look().isEmpty)
        #expect(look.look().first?.loaded?.campaign.title.en == "Lanterns")
    }

    @Test("more stock is noted and not applied")
    func stock() throws {
        var look = try copy.look()
        try copy.replace("\"stock\": 100000,", "\"stock\": 100001,", in: "gifts.json")
        _ = look.look()
        let event = try #require(look.look().first)
        let notes = try #require(event.notes)
        #expect(!notes.isEmpty && notes.allSatisfy { $0.contains("100001 is not applied") })
        #expect(event.loaded?.gifts[0].stock == 100_000)
        // What was not applied may be taken back.
        try copy.replace("\"stock\": 100001,", "\"stock\": 100000,", in: "gifts.json")
        _ = look.look()
        #expect(look.look().first?.notes == [])
    }

    @Test("a model that comes, is broken, and goes")
    func model() throws {
        var look = try copy.look()
        try copy.write("nonsense", to: "model.json")
        _ = look.look()
        #expect(look.look().first?.faults?.first?.hasPrefix("\(copy.directory)/model.json: ") ?? false)
        try copy.remove("model.json")
        _ = look.look()
        #expect(look.look().first?.loaded != nil)
    }

    @Test("a web file that is written, comes or goes is told, after it has stood still")
    func web() throws {
        var look = try copy.look(web: true)
        #expect(look.look().isEmpty)
        try copy.root.write("hello again", to: "web/index.html")
        #expect(look.look().isEmpty)
        #expect(look.look().map(\.isWeb) == [true])
        #expect(look.look().isEmpty)
        try copy.root.write("new", to: "web/a/b/new.txt")
        _ = look.look()
        #expect(look.look().map(\.isWeb) == [true])
        try FileManager.default.removeItem(atPath: "\(copy.web)/gifts/a.svg")
        _ = look.look()
        #expect(look.look().map(\.isWeb) == [true])
        // What pages do not take in is nobody's change.
        try copy.root.write("x", to: "web/.draft")
        for _ in 0..<3 { #expect(look.look().isEmpty) }
        try FileManager.default.removeItem(atPath: copy.web)
        _ = look.look()
        #expect(look.look().map(\.isWeb) == [true])
        for _ in 0..<3 { #expect(look.look().isEmpty) }
    }

    @Test("the web is told once at the start, and beside an edit of the campaign")
    func webAtStart() throws {
        var look = CampaignLook(
            directory: copy.directory, webRoot: copy.web, serving: try copy.catalog(),
            environment: CampaignCopy.environment)
        #expect(look.look().isEmpty)
        #expect(look.look().map(\.isWeb) == [true])
        try copy.replace(title, "\"Lanterns\"", in: "campaign.json")
        try copy.root.write("hello again", to: "web/index.html")
        _ = look.look()
        #expect(look.look().map(\.isWeb) == [false, true])
    }

    @Test("the watch tells what its looks find, on a thread of its own, until it is stopped")
    func watch() async throws {
        let (events, source) = AsyncStream.makeStream(of: CampaignEvent.self)
        let look = CampaignLook(
            directory: copy.directory, webRoot: nil, serving: try copy.catalog(),
            environment: CampaignCopy.environment)
        let watch = CampaignWatch(look, intervalMs: 1) { source.yield($0) }
        watch.start()
        try copy.replace(title, "\"Lanterns\"", in: "campaign.json")
        var titles = events.compactMap { $0.loaded?.campaign.title.en }.makeAsyncIterator()
        #expect(await titles.next() == "Lanterns")
        watch.stop()
        watch.stop()
        source.finish()
        #expect(await titles.next() == nil)
    }

    @Test("a watch that was never started, or is given up before its first look, goes away")
    func watchWithoutLook() throws {
        let look = try copy.look()
        _ = CampaignWatch(look) { _ in }
        let watch = CampaignWatch(look, intervalMs: 3_600_000) { _ in }
        watch.start()
        watch.stop()
    }
}
