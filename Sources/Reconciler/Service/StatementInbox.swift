import CampaignFiles
import Catalog
import Logging
import ServiceShell

/// Where games put their statements for `serve`: the files of `reconciler.statements`, read anew by each run.
struct StatementInbox: Sendable {
    /// What one run finds.
    struct Found: Sendable {
        /// By the game's slot.
        var statements: [(game: UInt8, statement: GameStatement)] = []
        /// Why files that are there could not be read: their games have no statement in this run.
        var unread: [String] = []
    }

    /// More are refused.
    static let maxEntries = 1000
    /// Lines that name no order, in the log of one run, of each entry.
    private static let maxLogged = 10
    private static let key = "reconciler.statements"

    /// Empty: no game hands one in.
    let entries: [(game: UInt8, option: StatementOption)]

    /// - Throws: ``SettingsFault`` where an entry is no GAME=GLOB[:FORMAT], or of no game of the campaign.
    init(_ settings: Settings, _ catalog: Catalog) throws(SettingsFault) {
        var entries: [(game: UInt8, option: StatementOption)] = []
        for text in try settings.strings("reconciler.statements", default: []) {
            guard entries.count < Self.maxEntries, var option = StatementOption(argument: text),
                let slot = catalog.game(id: option.game)?.slot
            else {
                throw SettingsFault(
                    key: Self.key, value: text,
                    allowed: "at most \(Self.maxEntries) of GAME=GLOB[:FORMAT], each of a game of the "
                        + "campaign; a format is ids, csv=COLUMN or jsonl=FIELD", origin: "settings")
            }
            option.path = settings.resolved(option.path, in: Self.key)
            entries.append((slot, option))
        }
        self.entries = entries
    }

    /// Reads what is there. Blocks. What is not there, what cannot be read and what names no order is said in
    /// the log.
    func read(_ logger: Logger) -> Found {
        var found = Found()
        for (game, option) in entries {
            let about: Logger.Metadata = ["game": "\(option.game)", "path": "\(option.path)"]
            do throws(FileFault) {
                guard try InputFile.isThere(option.path) else {
                    logger.notice("no statement: there is no such file", metadata: about)
                    continue
                }
                let statement = try StatementFile.survey(option.path, option.format)
                for line in statement.complaints(most: Self.maxLogged) {
                    logger.warning("statement: \(line)", metadata: about)
                }
                found.statements.append((game, statement))
            } catch {
                found.unread.append("\(option.game): \(error)")
            }
        }
        return found
    }
}
