import Orders
import Wire

/// One answer 202 or 200 that a person got to a claim: the order, and what it is for.
struct Acceptance: Sendable, Equatable {
    let order: OrderID
    let gift: String
    let user: UInt64
    let coupon: UInt64
    let status: Int
    /// When the answer came; monotonic ns of this machine, comparable over its processes.
    let atNs: UInt64

    /// One line of the notes: `{"order","gift","user","coupon","status","at_ns"}`.
    func write(into json: inout JSONWriter) {
        json.beginObject()
        json.key("order")
        json.string(order.text)
        json.key("gift")
        json.string(gift)
        json.key("user")
        json.decimalString(user)
        json.key("coupon")
        json.string(utf8: Hex.encode(coupon))
        json.key("status")
        json.integer(Int64(status))
        json.key("at_ns")
        json.unsigned(atNs)
        json.endObject()
    }
}
