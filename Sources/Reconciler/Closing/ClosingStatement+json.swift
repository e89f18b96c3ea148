import Catalog
import Wire

extension ClosingStatement {
    /// `{"v":1,"campaign",…,"total","games":[…],"coupons","settlements","checksum"}`, see docs/OPERATIONS.md.
    func json() -> [UInt8] {
        var json = JSONWriter(reserving: 1 << 14)
        json.beginObject()
        json.member("v", 1)
        json.member("campaign", catalog.campaign.id)
        json.key("title")
        json.localized(catalog.campaign.title)
        let times: [(StaticString, Int64)] = [
            ("cut_at", cutAtMs), ("made_at", madeAtMs), ("closes_at", catalog.campaign.closesAtMs),
            ("ends_at", catalog.campaign.endsAtMs),
        ]
        for (key, time) in times {
            json.key(key)
            json.string(UTCTimestamp.rfc3339(unixMs: time))
        }
        json.member("phase", catalog.campaign.phase(cutAtMs).rawValue)
        json.member("epoch", epoch)
        json.key("total")
        json.beginObject()
        Self.write(total, &json)
        json.endObject()
        games(&json)
        writeCoupons(&json)
        json.member("checksum", checksum)
        json.endObject()
        return json.bytes + [UInt8(ascii: "\n")]
    }

    private func games(_ json: inout JSONWriter) {
        json.key("games")
        json.beginArray()
        for game in catalog.games {
            json.beginObject()
            json.member("game", game.id)
            json.key("name")
            json.localized(game.name)
            Self.write(self.game(game), &json)
            json.key("gifts")
            json.beginArray()
            for slot in catalog.giftsByGame[Int(game.slot)] {
                let gift = catalog.gifts[Int(slot)]
                json.beginObject()
                json.member("gift", gift.id)
                json.key("title")
                json.localized(gift.title)
                Self.write(gifts[Int(slot)], &json)
                json.endObject()
            }
            json.endArray()
            json.endObject()
        }
        json.endArray()
    }

    private func writeCoupons(_ json: inout JSONWriter) {
        json.key("coupons")
        json.beginObject()
        json.member("spent", coupons.spent)
        json.member("released", coupons.released)
        json.member("issued", coupons.issued)
        json.member("unspent", coupons.unspent)
        json.endObject()
        json.member("stock_acts", stockActs)
        json.key("settlements")
        json.beginArray()
        for settlement in settlements {
            json.beginObject()
            json.member("batch", settlement.batch)
            json.member("gift", settlement.gift)
            json.member("by", settlement.by)
            json.member("done", settlement.isDone)
            json.endObject()
        }
        json.endArray()
    }

    private static func write(_ figures: ClosingFigures, _ json: inout JSONWriter) {
        func tally(_ key: String, _ tally: ClosingTally) {
            json.key(key)
            json.beginObject()
            json.member("orders", tally.orders)
            json.member("amount", tally.amount)
            json.endObject()
        }
        func stock(_ key: String, _ stock: ClosingStock) {
            json.key(key)
            json.beginObject()
            let numbers: [(StaticString, Int)] = [
                ("total", stock.total), ("given_out", stock.givenOut), ("left", stock.left),
            ]
            for (name, number) in numbers {
                json.key(name)
                json.integer(Int64(number))
            }
            json.endObject()
        }
        tally("claimed", figures.claimed)
        for column in ClosingColumn.allCases { tally(column.rawValue, figures[column]) }
        tally("settled", figures.settled)
        stock("packs", figures.packs)
        if let units = figures.units { stock("units", units) }
    }
}
