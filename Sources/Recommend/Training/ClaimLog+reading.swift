import Catalog
import Wire

extension ClaimLog {
    private static let lineLimits = JSONLimits(maxBytes: LineFile.maxLineBytes, maxDepth: 4, maxNodes: 4096)

    /// Reads a log from a file; what is no visit of this campaign is put into `bad`.
    ///
    /// - Throws: `FileFault`, or `BadLines.TooMany`.
    static func read(
        _ path: String, catalog: Catalog, bad: inout BadLines, progress: (Int) -> Void = { _ in }
    ) throws -> ClaimLog {
        var log = ClaimLog(catalog: catalog)
        var lines = try LineFile(path)
        while let line = try lines.next() {
            switch line {
            case .tooLong: try bad.add(lines.number, "longer than \(LineFile.maxLineBytes) bytes")
            case .text(let bytes):
                do throws(JSONError) {
                    log.append(try visit(bytes, catalog: catalog))
                } catch {
                    try bad.add(lines.number, error.description)
                }
            }
            if lines.number.isMultiple(of: 1_000_000) { progress(lines.number) }
        }
        return log
    }

    /// One line:
    /// `{"at":ms,"user":"123","games":[["dragon-tide",1700000000]],"shown":["gift"],"claimed":"gift"|null}`.
    static func visit(_ line: [UInt8], catalog: Catalog) throws(JSONError) -> Visit {
        var fields = try JSONFields(JSON.parse(line, limits: lineLimits))
        let atMs = try fields.integer("at", in: 0...(1 << 50))
        let user = try fields.decimal("user")
        let games = try games(&fields, catalog)
        let shown = try shown(&fields, catalog)
        var claimed: Int?
        guard fields.contains("claimed") else { throw fields.fault("claimed", "missing") }
        if let id = try fields.optionalString("claimed", maxBytes: CatalogLimits.identifierLength) {
            let gift = catalog.gift(id: id)
            claimed = gift.flatMap { shown.firstIndex(of: $0.slot) }
            guard claimed != nil else {
                throw fields.fault("claimed", gift == nil ? "no such gift" : "was not shown")
            }
        }
        try fields.finish()
        return Visit(atMs: atMs, user: user, games: games, shown: shown, claimed: claimed)
    }

    private static func games(
        _ fields: inout JSONFields, _ catalog: Catalog
    ) throws(JSONError) -> [RegisteredGame] {
        var games: [RegisteredGame] = []
        for (index, entry) in try fields.array("games", max: CatalogLimits.games).enumerated() {
            guard case .array(let pair) = entry, pair.count == 2, case .string(let id) = pair[0],
                case .integer(let registered) = pair[1], let registeredAtS = UInt32(exactly: registered)
            else { throw fields.fault("games[\(index)]", "expected [\"game id\", Unix seconds]") }
            guard let game = catalog.game(id: id) else {
                throw fields.fault("games[\(index)]", "no such game")
            }
            guard !games.contains(where: { $0.game == game.slot }) else {
                throw fields.fault("games[\(index)]", "a game stands twice")
            }
            games.append(RegisteredGame(game: game.slot, registeredAtS: registeredAtS))
        }
        return games.sorted { $0.game < $1.game }
    }

    private static func shown(
        _ fields: inout JSONFields, _ catalog: Catalog
    ) throws(JSONError) -> [UInt16] {
        var shown: [UInt16] = []
        for (index, entry) in try fields.array("shown", max: maxShown).enumerated() {
            guard case .string(let id) = entry, let gift = catalog.gift(id: id) else {
                throw fields.fault("shown[\(index)]", "no such gift")
            }
            guard !shown.contains(gift.slot) else {
                throw fields.fault("shown[\(index)]", "a gift stands twice")
            }
            shown.append(gift.slot)
        }
        return shown
    }
}
