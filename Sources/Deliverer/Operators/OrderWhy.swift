import OrderStore
import Orders
import Wire

/// `GET /v1/admin/orders/{order}`: what is known of one order, in Redis and in this process.
struct OrderWhy: Sendable, Equatable {
    var order: OrderID
    /// This process.
    var instance: String
    /// nil: Redis does not answer.
    var look: OrderLook?
    var here: OrderPlace?

    func encode() -> [UInt8] {
        var json = JSONWriter(reserving: 256)
        json.beginObject()
        json.key("order")
        json.string(order.text)
        json.key("instance")
        json.string(instance)
        if let look {
            json.key("state")
            json.string(look.state.name)
            json.optional("made", look.made.map { Int($0) })
            if let owner = look.owner {
                json.key("attempt_by")
                json.string(utf8: Hex.encode(owner))
            }
            if let deadlineInMs = look.deadlineInMs {
                json.key("attempt_ends_in_ms")
                json.integer(deadlineInMs)
            }
            json.key("bound")
            json.bool(look.order != nil)
            if let order = look.order {
                json.key("claimed_at")
                json.integer(order.claimedAtMs)
                json.key("deadline")
                json.integer(order.deadlineMs)
            }
        }
        if let here {
            json.key("here")
            here.write(&json)
        }
        json.endObject()
        return json.bytes
    }

    /// What an instance has in memory, out of its answer; the rest is asked of Redis itself.
    static func here(_ body: [UInt8]) throws(JSONError) -> (instance: String, place: OrderPlace?) {
        var fields = try JSONFields(JSON.parse(body, limits: .record))
        let instance = try fields.string("instance")
        guard var here = try fields.optionalObject("here") else { return (instance, nil) }
        return (instance, try OrderPlace.read(&here))
    }
}
