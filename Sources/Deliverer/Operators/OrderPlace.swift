import Catalog
import NIOCore
import Orders
import Wire

/// What one Deliverer has in memory of an order.
struct OrderPlace: Sendable, Equatable {
    var game: String
    var phase: String
    /// What is due on it next.
    var errand: String
    /// Attempts made.
    var made: Int
    /// Until it wakes, of one that sleeps.
    var waitMs: Int64?

    func write(_ json: inout JSONWriter) {
        json.beginObject()
        json.key("game")
        json.string(game)
        json.key("phase")
        json.string(phase)
        json.key("errand")
        json.string(errand)
        json.number("made", made)
        json.optional("wait_ms", waitMs.map { Int($0) })
        json.endObject()
    }

    static func read(_ fields: inout JSONFields) throws(JSONError) -> OrderPlace {
        OrderPlace(
            game: try fields.string("game"), phase: try fields.string("phase"),
            errand: try fields.string("errand"), made: try fields.count("made"),
            waitMs: try fields.optionalCount("wait_ms").map { Int64($0) })
    }
}

extension DeliveryLoop {
    /// Where an order is in this process; nil: it is not. On the loop.
    func place(of id: OrderID) -> OrderPlace? {
        loop.assertInEventLoop()
        guard let ref = engine.parcels.ref(of: id), let parcel = engine.parcels[ref] else { return nil }
        var place = OrderPlace(
            game: request.catalog.games[Int(parcel.game)].id, phase: "\(parcel.phase)",
            errand: "\(parcel.errand)", made: Int(parcel.made), waitMs: nil)
        if parcel.phase == .sleeping, let atNs = engine.sleepers.atNs(of: ref) {
            place.waitMs = Int64(clamping: atNs / 1_000_000) - Int64(clamping: Self.now.ns / 1_000_000)
            place.waitMs = max(0, place.waitMs ?? 0)
        }
        return place
    }
}
