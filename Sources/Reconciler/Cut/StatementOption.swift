import ArgumentParser
import CampaignFiles
import Catalog

/// `--statement GAME=FILE[:FORMAT]`: whose statement it is, where it stands, and how it is written.
struct StatementOption: ExpressibleByArgument, Equatable, Sendable {
    let game: String
    /// A path, or a pattern for many files (glob(7)).
    var path: String
    let format: StatementFormat

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        game = String(argument[..<equals])
        let rest = argument[argument.index(after: equals)...]
        if let colon = rest.lastIndex(of: ":"),
            let format = StatementFormat(String(rest[rest.index(after: colon)...]))
        {
            (path, self.format) = (String(rest[..<colon]), format)
        } else {
            (path, format) = (String(rest), .ids)
        }
        if path.isEmpty { return nil }
    }

    /// Reads the statement and says on standard error which lines name no order.
    ///
    /// - Throws: ``ReconcilerFault/badData`` where the game is not of this campaign or the file cannot be
    ///   read.
    func read(_ catalog: Catalog) throws -> (game: UInt8, statement: GameStatement) {
        guard let slot = catalog.game(id: game)?.slot else {
            throw ReconcilerFault(
                ReconcilerFault.badData, "--statement: \(catalog.campaign.id) has no game \"\(game)\"")
        }
        let statement = try StatementFile.survey(path, format)
        for line in statement.complaints(most: .max) { Console.warn(line) }
        return (slot, statement)
    }
}

extension GameStatement {
    /// Lines that name no order, each with its file and number, and how many there are in all.
    func complaints(most: Int) -> [String] {
        let shown = examples.prefix(most).map { line in
            "\(line.file):\(line.line): \(line.kind.told): \"\(line.text)\""
        }
        return malformed > shown.count ? shown + ["\(file): \(malformed) lines name no order"] : shown
    }
}

/// How a game's statement is written.
enum StatementFormat: Equatable, Sendable {
    /// One ID a line.
    case ids
    /// Comma-separated values (RFC 4180, no line breaks in fields) whose first line names the columns.
    case csv(column: String)
    /// A JSON object a line.
    case jsonl(field: String)

    /// The same for the readers of files of IDs; whatever a game calls its files.
    var side: SideFormat {
        var side = SideFormat()
        side.isOfAnyName = true
        switch self {
        case .ids: break
        case .csv(let column): side.column = column
        case .jsonl(let field): side.field = field
        }
        return side
    }

    init?(_ text: String) {
        if text == "ids" {
            self = .ids
        } else if text.hasPrefix("csv="), text.count > 4 {
            self = .csv(column: String(text.dropFirst(4)))
        } else if text.hasPrefix("jsonl="), text.count > 6 {
            self = .jsonl(field: String(text.dropFirst(6)))
        } else {
            return nil
        }
    }
}
