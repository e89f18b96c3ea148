import Catalog
import Orders
import Profiles
import Testing
import Wire

@testable import Recommend

@Suite("A log of impressions and claims")
struct ClaimLogTests {
    private let catalog: Catalog

    init() throws {
        catalog = try ShippedCampaign.catalog()
    }

    private static let good =
        #"{"at":1771000000000,"user":"7","games":[["jade-kingdoms",1700000000],["dragon-tide",1770000000]],"#
        + #""shown":["jade-throne","golden-dragon"],"claimed":"golden-dragon"}"#

    private func read(_ line: String) throws(JSONError) -> ClaimLog.Visit {
        try ClaimLog.visit(Array(line.utf8), catalog: catalog)
    }

    @Test("a line is who came when, registered where, saw what and took what")
    func visit() throws {
        let visit = try read(Self.good)
        #expect(visit.atMs == 1_771_000_000_000 && visit.user == 7)
        #expect(visit.games.map(\.game) == [0, 3])
        #expect(visit.games.map(\.registeredAtS) == [1_770_000_000, 1_700_000_000])
        #expect(visit.shown == [15, 3] && visit.claimed == 1)
        let nothing = try read(Self.good.replacing(#""claimed":"golden-dragon""#, with: #""claimed":null"#))
        #expect(nothing.claimed == nil)
    }

    private static let bad: [(String, String, String)] = [
        (#""user":"7","#, "", "user: missing"),
        (#""user":"7""#, #""user":7"#, "user: expected a string"),
        (#""user":"7""#, #""user":"-7""#, "user: not a string of decimal digits"),
        (#""at":1771000000000,"#, "", "at: missing"),
        (#""at":1771000000000"#, #""at":-1"#, "at: not within"),
        (#"["dragon-tide",1770000000]"#, #"["dragon-tide"]"#, "games[1]: expected"),
        (#"["dragon-tide",1770000000]"#, #"["dragon-tide",-1]"#, "games[1]: expected"),
        ("dragon-tide", "no-game", "games[1]: no such game"),
        (#"["dragon-tide",1770000000]"#, #"["jade-kingdoms",1]"#, "games[1]: a game stands twice"),
        ("jade-throne", "no-gift", "shown[0]: no such gift"),
        ("jade-throne", "golden-dragon", "shown[1]: a gift stands twice"),
        (#""claimed":"golden-dragon""#, #""claimed":"no-gift""#, "claimed: no such gift"),
        (#""claimed":"golden-dragon""#, #""claimed":"moon-burrow-gift""#, "claimed: was not shown"),
        (#","claimed":"golden-dragon""#, "", "claimed: missing"),
        (#""claimed""#, #""x":1,"claimed""#, "x: unknown field"),
        ("}", "", "at byte"),
    ]

    @Test("a line that is no visit says where it is wrong", arguments: bad)
    func badLine(old: String, new: String, reason: String) throws {
        let error = #expect(throws: JSONError.self) { try read(Self.good.replacing(old, with: new)) }
        #expect(error?.description.contains(reason) ?? false, "\(error?.description ?? "")")
    }

    @Test("bad lines are named, counted and left out, up to a limit")
    func limit() throws {
        let directory = try TemporaryDirectory()
        try directory.write(
            [Self.good, "{}", "", Self.good, "no JSON", Self.good].joined(separator: "\n"), to: "log")
        let path = "\(directory.path)/log"
        var bad = BadLines(file: path, limit: 2)
        let log = try ClaimLog.read(path, catalog: catalog, bad: &bad)
        #expect(log.count == 3 && log.claims == 3 && log.users == [7])
        #expect(bad.count == 2)
        #expect(bad.shown.map { $0.split(separator: ":")[1] } == ["2", "5"])
        #expect(bad.shown[0] == "\(path):2: at: missing")
        var fewer = BadLines(file: path, limit: 1)
        #expect(throws: BadLines.TooMany.self) {
            try ClaimLog.read(path, catalog: catalog, bad: &fewer)
        }
        #expect(throws: (any Error).self) {
            try ClaimLog.read("\(path).none", catalog: catalog, bad: &fewer)
        }
    }

    @Test("thousands of bad lines keep a bounded list")
    func bounded() throws {
        var bad = BadLines(file: "f")
        for number in 1...5000 { try bad.add(number, "x") }
        #expect(bad.count == 5000 && bad.shown.count == BadLines.shownMaximum)
    }

    @Test("what a person could have had is what eligibility says, and what they took")
    func open() throws {
        var log = ClaimLog(catalog: catalog)
        // dragon-tide since before the campaign, jade-kingdoms since: packs of both and of a game not played.
        let games = [
            ClaimLog.RegisteredGame(game: 0, registeredAtS: 1_700_000_000),
            ClaimLog.RegisteredGame(game: 3, registeredAtS: 1_770_000_000),
        ]
        log.append(.init(atMs: 1, user: 5, games: games, shown: [0, 1, 2, 12, 13, 14, 20], claimed: nil))
        #expect(log.isOpen == [false, true, true, true, false, true, false])
        log.append(.init(atMs: 2, user: 5, games: games, shown: [20, 1], claimed: 0))
        #expect(log.isOpen.suffix(2) == [true, true])
        #expect(log.gift(claimedAt: 0) == nil && log.gift(claimedAt: 1) == 20)
        #expect(log.standings.count == 1, "nothing changed between the two")
        #expect(log.standing(1).segment == .casual)
        log.append(.init(atMs: 3, user: 5, games: [], shown: [1], claimed: nil))
        #expect(log.standings.count == 2 && log.standing(2).segment == .stranger)
        #expect(log.page(1) == 7..<9 && log.people == [0, 0, 0])
    }

    @Test("lines come whole, whatever their ends and lengths")
    func lines() throws {
        let directory = try TemporaryDirectory()
        let long = String(repeating: "x", count: LineFile.maxLineBytes)
        try directory.write("a\r\n\nb\n\(long)y\n\(long)\nlast", to: "lines")
        let lines = try self.lines("\(directory.path)/lines")
        #expect(lines.map(\.number) == [1, 3, 4, 5, 6])
        let texts = ["a", "b", long, "last"].map { LineFile.Content.text(Array($0.utf8)) }
        #expect(lines.map(\.content) == texts[..<2] + [.tooLong] + texts[2...])
        try directory.write("", to: "empty")
        #expect(try self.lines("\(directory.path)/empty").isEmpty)
    }

    private func lines(_ path: String) throws -> [(number: Int, content: LineFile.Content)] {
        var file = try LineFile(path)
        var lines: [(Int, LineFile.Content)] = []
        while let content = try file.next() { lines.append((file.number, content)) }
        return lines
    }

    @Test("damaged and random lines never crash the reader")
    func fuzz() throws {
        var random = SplitMix64(seed: 0x106)
        for _ in 0..<2000 {
            var bytes = Array(Self.good.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch random.next() % 3 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: place)
                default: bytes.insert(bytes[place], at: place)
                }
            }
            guard let visit = try? ClaimLog.visit(bytes, catalog: catalog) else { continue }
            var log = ClaimLog(catalog: catalog)
            log.append(visit)
            #expect(log.count == 1)
        }
    }
}
