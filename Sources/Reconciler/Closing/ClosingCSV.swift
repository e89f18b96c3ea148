import Catalog
import Wire

/// A ``ClosingStatement`` as RFC 4180 text: a line for every gift, every game and the total; CR LF, UTF-8.
///
/// Each line names campaign, cut and checksum, so that it can be read alone. A text that a spreadsheet would
/// take for a formula has an apostrophe put before it.
struct ClosingCSV {
    let statement: ClosingStatement

    /// The figures' columns, in the order that the checksum knows too.
    private static let header: [String] =
        ["claimed", "claimed_amount"]
        + ClosingColumn.allCases.flatMap { [$0.rawValue, "\($0.rawValue)_amount"] }
        + [
            "settled", "settled_amount", "packs", "packs_given_out", "packs_left", "units",
            "units_given_out", "units_left",
        ]

    /// Without lucky packets the cells of units are empty.
    static func cells(_ figures: ClosingFigures) -> [String] {
        var numbers = [figures.claimed.orders, figures.claimed.amount]
        for column in ClosingColumn.allCases {
            numbers += [figures[column].orders, figures[column].amount]
        }
        numbers += [figures.settled.orders, figures.settled.amount]
        numbers += [figures.packs.total, figures.packs.givenOut, figures.packs.left]
        let units = figures.units.map { ["\($0.total)", "\($0.givenOut)", "\($0.left)"] }
        return numbers.map { "\($0)" } + (units ?? ["", "", ""])
    }

    func encode() -> [UInt8] {
        let catalog = statement.catalog
        let checksum = statement.checksum
        let cut = UTCTimestamp.rfc3339(unixMs: statement.cutAtMs)
        var lines = [
            ["campaign", "cut_at", "line", "game", "gift", "title_en", "title_zh"] + Self.header
                + ["checksum"]
        ]
        func add(_ line: String, _ game: String, _ gift: String, _ title: LocalizedText, _ f: ClosingFigures)
        {
            lines.append(
                [catalog.campaign.id, cut, line, game, gift, title.en, title.zh] + Self.cells(f) + [checksum])
        }
        for game in catalog.games {
            for slot in catalog.giftsByGame[Int(game.slot)] {
                let gift = catalog.gifts[Int(slot)]
                add("gift", game.id, gift.id, gift.title, statement.gifts[Int(slot)])
            }
            add("game", game.id, "", game.name, statement.game(game))
        }
        add("total", "", "", catalog.campaign.title, statement.total)
        return Array(lines.map { $0.map(Self.cell).joined(separator: ",") + "\r\n" }.joined().utf8)
    }

    static func cell(_ text: String) -> String {
        let isFormula = text.first.map { "=+-@\t\r".contains($0) } ?? false
        let safe = isFormula && Int(text) == nil ? "'" + text : text
        guard safe.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return safe }
        return "\"" + safe.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            + "\""
    }
}
