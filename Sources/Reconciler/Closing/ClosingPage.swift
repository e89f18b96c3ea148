import Catalog
import Orders
import Wire

/// A ``ClosingStatement`` as one HTML page that prints on A4: no script, nothing from elsewhere, every text
/// escaped.
struct ClosingPage {
    /// Gifts that have a bar of their own; the smaller ones share the last.
    private static let maxBars = 7

    let statement: ClosingStatement
    private let total: ClosingFigures
    private var catalog: Catalog { statement.catalog }

    init(_ statement: ClosingStatement) {
        self.statement = statement
        total = statement.total
    }

    func encode() -> [UInt8] {
        let title = catalog.campaign.title
        let page = """
            <!DOCTYPE html>
            <html lang="zh">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" \
            content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\(HTMLText.escape("\(title.zh) \(title.en): 结算报告 closing statement"))</title>
            <style>
            \(ClosingStyle.css)
            </style>
            </head>
            <body>
            \(ClosingChart.patterns)
            \(head())
            \(tiles())
            \(games())
            \(stock())
            \(ClosingTable(statement: statement).html())
            \(notes())
            \(ClosingTable(statement: statement).annex())
            </body>
            </html>

            """
        return Array(page.utf8)
    }

    // MARK: - Parts

    private func head() -> String {
        let campaign = catalog.campaign
        let cut = Self.minute(statement.cutAtMs)
        let isDrained = total.open == 0
        let seal = isDrained ? ("结清", "settled") : ("未结清", "open")
        let state =
            isDrained
            ? "每一笔订单都有结果。 <span class=\"en\">Every order has come to its end.</span>"
            : "尚有 \(HTMLText.number(total.open)) 笔订单没有结果。 "
                + "<span class=\"en\">\(HTMLText.number(total.open)) orders have not come to an end.</span>"
        return """
            <header>
            <div class="seal \(isDrained ? "" : "pending")"><b>\(seal.0)</b><i>\(seal.1)</i></div>
            <h1><bdi lang="zh">\(HTMLText.escape(campaign.title.zh))</bdi> \
            <small><bdi lang="en">\(HTMLText.escape(campaign.title.en))</bdi></small></h1>
            <p class="kind">结算报告 <span class="en">Closing statement</span></p>
            <p class="meta">\(HTMLText.escape(campaign.id)) · \(Self.minute(campaign.opensAtMs)) – \
            \(Self.minute(campaign.closesAtMs)) · 截至 <span class="en">as of</span> <b>\(cut)</b> · \
            epoch \(statement.epoch)</p>
            <p class="state">\(state)</p>
            </header>
            """
    }

    private func tiles() -> String {
        let claimed = total.claimed
        let delivered = total[.delivered]
        let closed = total[.rejected].orders + total[.expired].orders + total[.voided].orders
        let tiles = [
            ("已领取", "claimed", claimed.orders, "\(HTMLText.number(claimed.amount)) 份 amount"),
            ("已送达", "delivered", delivered.orders, HTMLText.percent(delivered.orders, of: claimed.orders)),
            ("未送达而结束", "ended otherwise", closed, HTMLText.percent(closed, of: claimed.orders)),
            ("未了结", "open", total.open, HTMLText.percent(total.open, of: claimed.orders)),
            (
                "礼包剩余", "packs left", total.packs.left,
                "共 of \(HTMLText.number(total.packs.total))"
            ),
        ]
        let cells = tiles.map { tile in
            """
            <div class="tile"><span>\(tile.0) <i class="en">\(tile.1)</i></span>\
            <b>\(HTMLText.number(tile.2))</b><em>\(HTMLText.escape(tile.3))</em></div>
            """
        }
        return "<section class=\"tiles\">\n" + cells.joined(separator: "\n") + "\n</section>"
    }

    private func games() -> String {
        let bars = catalog.games.map { game in
            let figures = statement.game(game)
            let claimed = figures.claimed.orders
            return ClosingChart.Bar(
                zh: game.name.zh, en: game.name.en, parts: Self.parts(figures),
                note: HTMLText.number(claimed) + " · "
                    + HTMLText.percent(figures[.delivered].orders, of: claimed),
                whole: claimed)
        }
        let chart = ClosingChart(name: "各游戏订单去向 orders by game", bars: bars, areShares: true)
        return """
            <section><h2>各游戏订单去向 <small>What became of the orders, by game</small>\
            <span class="hint">订单数 · 送达率 <i class="en">claimed · share delivered</i></span></h2>
            \(chart.svg())<p class="keys">\
            \(ClosingChart.key(.good, "已送达", "delivered")) \
            \(ClosingChart.key(.ended, "拒绝、过期、作废", "rejected, expired, voided")) \
            \(ClosingChart.key(.open, "未了结", "held, parked, on its way")) \
            \(ClosingChart.key(.bad, "丢失", "missing"))</p></section>
            """
    }

    private static func parts(_ figures: ClosingFigures) -> [ClosingChart.Part] {
        func sum(_ columns: [ClosingColumn]) -> Int { columns.reduce(0) { $0 + figures[$1].orders } }
        let ended = ClosingColumn.allCases.filter { $0.isEnd && $0 != .delivered }
        let open = ClosingColumn.allCases.filter { !$0.isEnd && $0 != .missing }
        return [
            .init(paint: .good, value: sum([.delivered])), .init(paint: .ended, value: sum(ended)),
            .init(paint: .open, value: sum(open)), .init(paint: .bad, value: sum([.missing])),
        ]
    }

    private func stock() -> String {
        var gifts = catalog.gifts.map { ($0.title, statement.gifts[Int($0.slot)].packs) }
            .sorted { ($0.1.total, $1.0.en) > ($1.1.total, $0.0.en) }
        let rest = gifts.dropFirst(Self.maxBars)
        if rest.count > 1 {
            gifts = Array(gifts.prefix(Self.maxBars))
            gifts.append(
                (
                    LocalizedText(en: "\(rest.count) others", zh: "其余 \(rest.count) 种"),
                    rest.reduce(ClosingStock()) { $0 + $1.1 }
                ))
        }
        let bars = gifts.map { title, packs in
            ClosingChart.Bar(
                zh: title.zh, en: title.en, parts: [.init(paint: .ended, value: packs.givenOut)],
                note: "\(HTMLText.number(packs.givenOut)) / \(HTMLText.number(packs.total))",
                whole: packs.total)
        }
        let chart = ClosingChart(name: "礼包库存 stock by gift", bars: bars, areShares: true)
        return """
            <section><h2>礼包库存 <small>Stock, by gift pack</small>\
            <span class="hint">发出 / 总数 <i class="en">given out / all packs</i></span></h2>
            \(chart.svg())<p class="keys">\
            \(ClosingChart.key(.ended, "已发出", "given out")) \
            \(ClosingChart.key(.blank, "剩余", "left"))</p></section>
            """
    }

    private func notes() -> String {
        let coupons = statement.coupons
        var lines = [
            "<b>红包券 <i class=\"en\">Coupons</i></b> \(HTMLText.number(coupons.spent)) 张已使用 spent"
                + " · \(HTMLText.number(coupons.released)) 张退回 released (all of its orders voided)"
                + (coupons.unspent.map {
                    " · \(HTMLText.number($0)) 张未使用 unspent of \(HTMLText.number(coupons.issued ?? 0)) issued"
                } ?? " · 发券总数未提供，未使用数不计 issued: not told, so unspent is not counted"),
            "<b>补发 <i class=\"en\">Settled</i></b> \(HTMLText.number(total.settled.orders)) 笔为未使用的券补发"
                + " orders for coupons left unspent, \(statement.settlements.count) batches; "
                + "\(statement.stockActs) 次加库存 additions of stock",
            "<b>平账 <i class=\"en\">It adds up</i></b> \(HTMLText.number(total.claimed.orders)) 领取 claimed = "
                + ClosingColumn.allCases.filter { total[$0].orders > 0 || $0 == .delivered }.map {
                    "\(HTMLText.number(total[$0].orders)) \($0.name.en)"
                }.joined(separator: " + ")
                + "; \(HTMLText.number(total.packs.total)) packs = \(HTMLText.number(total.packs.givenOut)) "
                + "given out + \(HTMLText.number(total.packs.left)) left",
        ]
        lines = lines.map { "<p>\($0)</p>" }
        return """
            <section class="notes">
            \(lines.joined(separator: "\n"))
            </section>
            <footer><p>SHA-256 <code>\(statement.checksum)</code></p>
            <p>Hongbao · \(Self.minute(statement.madeAtMs))</p></footer>
            """
    }

    /// `2026-02-16 12:00 UTC`.
    static func minute(_ unixMs: Int64) -> String {
        let text = UTCTimestamp.rfc3339(unixMs: unixMs)
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
    }
}
