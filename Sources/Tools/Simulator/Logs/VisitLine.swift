import Catalog
import Profiles
import Wire

/// The lines of a log of visits and of the truth behind it, without their ends.
enum VisitLine {
    /// ```
    /// {"at":1771000000000,"user":"123","games":[["dragon-tide",1700000000]],"shown":["golden-dragon"],
    ///  "claimed":"golden-dragon"}
    /// ```
    /// on one line; `claimed` is null where nothing was taken. `games`: the id, and since when in Unix
    /// seconds.
    static func visit(
        _ visit: VisitScript.Visit, user: UInt64, games: [GameProfile], catalog: Catalog
    ) -> [UInt8] {
        var json = JSONWriter(reserving: 512)
        json.beginObject()
        json.key("at")
        json.integer(visit.atMs)
        json.key("user")
        json.decimalString(user)
        json.key("games")
        json.beginArray()
        for game in games {
            json.beginArray()
            json.string(catalog.games[Int(game.game)].id)
            json.unsigned(UInt64(game.registeredAtS))
            json.endArray()
        }
        json.endArray()
        json.key("shown")
        json.beginArray()
        for slot in visit.shown { json.string(catalog.gifts[Int(slot)].id) }
        json.endArray()
        json.key("claimed")
        if let place = visit.claimed {
            json.string(catalog.gifts[Int(visit.shown[place])].id)
        } else {
            json.null()
        }
        json.endObject()
        return json.bytes
    }

    /// `{"gift":"golden-dragon","theme":[…],"appeal":-0.4,"appeal_by_kind":[…]}`
    static func gift(_ gift: Gift, _ taste: HiddenTaste) -> [UInt8] {
        var json = JSONWriter(reserving: 256)
        json.beginObject()
        json.key("gift")
        json.string(gift.id)
        write("theme", taste.themes[Int(gift.slot)], &json)
        json.key("appeal")
        json.double(taste.appeal[Int(gift.slot)])
        write("appeal_by_kind", taste.kindAppeal.map { $0[Int(gift.slot)] }, &json)
        json.endObject()
        return json.bytes
    }

    /// `{"user":"123","taste":[…]}`
    static func person(_ user: UInt64, _ vector: [Double]) -> [UInt8] {
        var json = JSONWriter(reserving: 256)
        json.beginObject()
        json.key("user")
        json.decimalString(user)
        write("taste", vector, &json)
        json.endObject()
        return json.bytes
    }

    private static func write(_ key: StaticString, _ values: [Double], _ json: inout JSONWriter) {
        json.key(key)
        json.beginArray()
        for value in values { json.double(value) }
        json.endArray()
    }
}
