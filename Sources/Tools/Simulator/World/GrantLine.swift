import Orders
import Wire

/// One order as a game knows it, a line of its grants in NDJSON:
/// `{"order","game","gift","user","requests","count","after_grant","rejections","granted_at_ns"}`; `count` is
/// how often it was granted, `after_grant` how many requests came after that.
struct GrantLine: Sendable, Equatable {
    let order: OrderID
    let game: String
    let gift: String
    let user: UInt64
    let requests: Int
    let count: Int
    let afterGrant: Int
    let rejections: Int
    let grantedAtNs: UInt64

    func write(into json: inout JSONWriter) {
        json.beginObject()
        json.key("order")
        json.string(order.text)
        json.key("game")
        json.string(game)
        json.key("gift")
        json.string(gift)
        json.key("user")
        json.decimalString(user)
        json.key("requests")
        json.integer(Int64(requests))
        json.key("count")
        json.integer(Int64(count))
        json.key("after_grant")
        json.integer(Int64(afterGrant))
        json.key("rejections")
        json.integer(Int64(rejections))
        json.key("granted_at_ns")
        json.unsigned(grantedAtNs)
        json.endObject()
    }

    /// Reads a line; the fault names the field.
    init(_ line: [UInt8]) throws(JSONError) {
        var fields = try JSONFields(JSON.parse(line, limits: .request))
        let text = try fields.string("order")
        guard let order = OrderID(text: text) else { throw fields.fault("order", "not an order ID") }
        let counts: ClosedRange<Int64> = 0...Int64(Int32.max)
        self.order = order
        game = try fields.string("game")
        gift = try fields.string("gift")
        user = try fields.decimal("user")
        requests = Int(try fields.integer("requests", in: counts))
        count = Int(try fields.integer("count", in: counts))
        afterGrant = Int(try fields.integer("after_grant", in: counts))
        rejections = Int(try fields.integer("rejections", in: counts))
        grantedAtNs = UInt64(try fields.integer("granted_at_ns", in: 0...Int64.max))
        try fields.finish()
    }

    init(
        order: OrderID, game: String, gift: String, user: UInt64, requests: Int, count: Int,
        afterGrant: Int = 0, rejections: Int, grantedAtNs: UInt64
    ) {
        self.order = order
        self.game = game
        self.gift = gift
        self.user = user
        self.requests = requests
        self.count = count
        self.afterGrant = afterGrant
        self.rejections = rejections
        self.grantedAtNs = grantedAtNs
    }

    /// All lines of a report.
    static func all(_ ndjson: [UInt8]) throws(JSONError) -> [GrantLine] {
        var lines: [GrantLine] = []
        for line in ndjson.split(separator: UInt8(ascii: "\n")) { lines.append(try GrantLine(Array(line))) }
        return lines
    }
}
