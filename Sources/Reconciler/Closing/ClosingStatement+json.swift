import Catalog
import Wire

extension ClosingStatement {
    /// `{"v":1,"campaign",…,"total","games":[…],"coupons","settlements","checksum"}`, see docs/OPERATIONS.md.
    func json() -> [UInt8] {
        var json = JSONWriter(reserving: 1 << 14)
        json.beginObject()
        json.key("v")
        json.integer(1)
        json.key("campaign")
        json.string(catalog.campaign.id)
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
        json.key("phase")
        json.string(catalog.campaign.phase(cutAtMs).rawValue)
        json.key("epoch")
        json.integer(Int64(epoch))
        json.key("total")
        json.beginObject()
        Self.write(total, &json)
        json.endObject()
        games(&json)
        writeCoupons(&json)
        json.key("checksum")
        json.string(checksum)
        json.endObject()
        return json.bytes + [UInt8(ascii: "\n")]
    }

    private func games(_ json: inout JSONWriter) {
        json.key("games")
        json.beginArray()
        for game in catalog.games {
            json.beginObject()
            json.key("game")
            json.string(game.id)
            json.key("name")
            json.localized(game.name)
            Self.write(self.game(game), &json)
            json.key("gifts")
            json.beginArray()
            for slot in catalog.giftsByGame[Int(game.slot)] {
                let gift = catalog.gifts[Int(slot)]
                json.beginObject()
                json.key("gift")
                json.string(gift.id)
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
        json.key("spent")
        json.integer(Int64(coupons.spent))
        json.key("released")
        json.integer(Int64(coupons.released))
        json.key("issued")
        if let issued = coupons.issued { json.integer(Int64(issued)) } else { json.null() }
        json.key("unspent")
        if let unspent = coupons.unspent { json.integer(Int64(unspent)) } else { json.null() }
        json.endObject()
        json.key("stock_acts")
        json.integer(Int64(stockActs))
        json.key("settlements")
        json.beginArray()
        for settlement in settlements {
            json.beginObject()
            json.key("batch")
            json.string(settlement.batch)
            json.key("gift")
            json.string(settlement.gift)
            json.key("by")
            json.string(settlement.by)
            json.key("done")
            json.bool(settlement.isDone)
            json.endObject()
        }
        json.endArray()
    }

    private static func write(_ figures: ClosingFigures, _ json: inout JSONWriter) {
        func tally(_ key: String, _ tally: ClosingTally) {
            json.key(key)
            json.beginObject()
            json.key("orders")
            json.integer(Int64(tally.orders))
            json.key("amount")
            json.integer(Int64(tally.amount))
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
