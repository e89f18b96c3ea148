import ArgumentParser
import Catalog
import Wire

/// The options that say which dead letters are meant; the same for `dead list` and `redrive`.
struct LetterFilterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only orders of this game; may be given several times.", valueName: "id"))
    var game: [String] = []
    @Option(help: ArgumentHelp("Only letters whose reason holds this, letter case aside.", valueName: "text"))
    var withReason: String?
    @Option(help: ArgumentHelp("Only letters whose last answer had this status; 0: none.", valueName: "n"))
    var status: Int?
    @Option(help: "Only letters that ended so: rejected, expired, voided, poison.")
    var outcome: LetterFilter.Ending?
    @Option(help: ArgumentHelp("Only what ended at or after this RFC 3339 time.", valueName: "time"))
    var since: String?
    @Option(help: ArgumentHelp("Only what ended before this RFC 3339 time.", valueName: "time"))
    var until: String?

    func validate() throws {
        guard (0...999).contains(status ?? 0) else { throw ValidationError("--status takes 0 to 999.") }
        guard (1...256).contains(withReason?.utf8.count ?? 1) else {
            throw ValidationError("--with-reason takes 1 to 256 bytes.")
        }
        for (name, text) in [("since", since), ("until", until)] {
            if let text, UTCTimestamp.parse(text) == nil {
                throw ValidationError("--\(name) takes a time such as 2026-02-16T20:00:00Z.")
            }
        }
    }

    func filter(_ catalog: Catalog) throws(DeskFault) -> LetterFilter {
        try Self.known(game, catalog)
        return LetterFilter(
            games: game, reason: withReason, status: status, ending: outcome,
            sinceMs: since.flatMap(UTCTimestamp.parse), untilMs: until.flatMap(UTCTimestamp.parse))
    }

    static func known(_ games: [String], _ catalog: Catalog) throws(DeskFault) {
        for id in games where catalog.game(id: id) == nil {
            throw DeskFault(DeskFault.badData, "\"\(DeskOutput.harmless(id))\" is no game of the campaign")
        }
    }
}

extension LetterFilter.Ending: ExpressibleByArgument {}

/// Who does it and why; kept in the campaign's control topic.
enum OperatorAct {
    static let maxName = 64
    static let maxReason = 1_000

    static func check(by: String?, reason: String?) throws(ValidationError) {
        guard let by, let reason, (1...maxName).contains(by.utf8.count),
            (1...maxReason).contains(reason.utf8.count)
        else {
            throw ValidationError(
                "--apply needs --by (1 to \(maxName) bytes) and --reason (1 to \(maxReason) bytes).")
        }
    }
}
