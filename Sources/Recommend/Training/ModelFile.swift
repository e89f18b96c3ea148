import CampaignFiles
import Catalog
import Wire

/// What `recommend train` writes: the campaign's model, and its people line by line.
enum ModelFile {
    /// The form that `CatalogLoader` reads as `model.json`; gifts in the order of their slots.
    static func json(_ model: ServedModel, catalog: Catalog) -> [UInt8] {
        var json = JSONWriter(reserving: 64 << 10)
        json.beginObject()
        json.key("version")
        json.integer(1)
        json.key("dimensions")
        json.integer(Int64(model.dimensions))
        json.key("gifts")
        json.beginObject()
        for gift in catalog.gifts {
            guard let own = model.gifts[gift.id] else { continue }
            json.key(gift.id)
            json.beginObject()
            write("features", own.features, &json)
            json.key("popularity")
            json.double(decimal(own.popularity))
            write("segments", own.popularityBySegment, &json)
            json.endObject()
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }

    /// `{"user":"123","vector":[…]}`, the form that `recommend load-profiles` reads.
    static func person(_ user: UInt64, _ vector: [Float]) -> [UInt8] {
        var json = JSONWriter(reserving: 320)
        json.beginObject()
        json.key("user")
        json.decimalString(user)
        write("vector", vector, &json)
        json.endObject()
        return json.bytes
    }

    private static func write(_ key: StaticString, _ values: [Float], _ json: inout JSONWriter) {
        json.key(key)
        json.beginArray()
        for value in values { json.double(decimal(value)) }
        json.endArray()
    }

    /// A number of four decimals as the double that is spelt so.
    private static func decimal(_ value: Float) -> Double {
        (Double(value) * Double(ServedModel.decimals)).rounded() / Double(ServedModel.decimals)
    }
}
