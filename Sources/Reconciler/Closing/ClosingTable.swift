import Catalog

/// The statement's figures in full, game by game and gift by gift: the table of its page.
struct ClosingTable {
    let statement: ClosingStatement
    private var catalog: Catalog { statement.catalog }

    /// Columns that hold nothing at all are left out, but for those that everybody looks for.
    private func columns(_ total: ClosingFigures) -> [ClosingColumn] {
        ClosingColumn.allCases.filter { column in
            switch column {
            case .delivered, .rejected, .expired, .missing: true
            case .voided, .held, .parked, .unresolved: total[column].orders > 0
            }
        }
    }

    /// Gifts that a page has room for beside everything else; more have a page of their own.
    private static let maxGiftsBeside = 10

    /// Small campaigns have one table; others one by game, and the gifts follow on pages of their own.
    var isSplit: Bool { statement.catalog.gifts.count > Self.maxGiftsBeside }

    /// What belongs on the first page.
    func html() -> String { table("明细", "Figures", page: "", below: "", hasGifts: !isSplit) }

    /// The gifts of a large campaign, on landscape pages since the columns are many; else nothing.
    func annex() -> String {
        isSplit ? table("礼包明细", "Figures by gift pack", page: " annex", below: origin, hasGifts: true) : ""
    }

    /// What an annex belongs to, should its pages be parted from the first.
    private var origin: String {
        let title = catalog.campaign.title
        return "<p class=\"of\">\(HTMLText.title(title.zh, title.en)) · "
            + "\(HTMLText.escape(catalog.campaign.id)) · 截至 as of "
            + "\(ClosingPage.minute(statement.cutAtMs)) · SHA-256 <code>\(statement.checksum)</code></p>\n"
    }

    private func table(
        _ zh: String, _ en: String, page: String, below: String, hasGifts: Bool
    ) -> String {
        let total = statement.total
        let columns = columns(total)
        var out = "<section class=\"figures\(page)\"><h2>\(zh) <small>\(en)</small></h2>\n\(below)<table>\n"
        out += header(columns, hasUnits: total.units != nil)
        for game in catalog.games {
            out += "<tbody>\n" + row(hasGifts ? "game" : "plain", game.name, statement.game(game), columns)
            for slot in catalog.giftsByGame[Int(game.slot)] where hasGifts {
                out += row("gift", catalog.gifts[Int(slot)].title, statement.gifts[Int(slot)], columns)
            }
            out += "</tbody>\n"
        }
        let name = LocalizedText(en: "all together", zh: "合计")
        return out + "<tbody>\n" + row("total", name, total, columns) + "</tbody>\n</table></section>"
    }

    private func header(_ columns: [ClosingColumn], hasUnits: Bool) -> String {
        var out = "<thead><tr><th class=\"name\">名称<i class=\"en\">name</i></th>"
        out += Self.head("领取", "claimed")
        for column in columns { out += Self.head(column.name.zh, column.name.en) }
        out += Self.head("送达数额", "amount delivered") + Self.head("补发", "settled")
        out += Self.head("库存", "packs") + Self.head("发出", "given out") + Self.head("剩余", "left")
        if hasUnits { out += Self.head("剩余数额", "units left") }
        return out + "</tr></thead>\n"
    }

    private func row(
        _ kind: String, _ name: LocalizedText, _ figures: ClosingFigures, _ columns: [ClosingColumn]
    ) -> String {
        var numbers = [figures.claimed.orders] + columns.map { figures[$0].orders }
        numbers += [
            figures[.delivered].amount, figures.settled.orders, figures.packs.total,
            figures.packs.givenOut, figures.packs.left,
        ]
        var cells = numbers.map(Self.cell)
        if statement.total.units != nil {
            cells.append(figures.units.map { Self.cell($0.left) } ?? "<td>–</td>")
        }
        return "<tr class=\"\(kind)\"><th class=\"name\" scope=\"row\">"
            + "\(HTMLText.title(name.zh, name.en))</th>\(cells.joined())</tr>\n"
    }

    private static func head(_ zh: String, _ en: String) -> String {
        "<th scope=\"col\">\(zh)<i class=\"en\">\(en)</i></th>"
    }

    private static func cell(_ number: Int) -> String {
        number == 0 ? "<td class=\"none\">0</td>" : "<td>\(HTMLText.number(number))</td>"
    }
}
