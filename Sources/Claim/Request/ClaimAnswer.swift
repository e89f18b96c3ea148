import Catalog
import HTTPServer
import Orders
import Wire

/// What a request is answered with.
enum ClaimAnswer: Sendable, Equatable {
    /// Accepted now, and Kafka holds it; queued, or held for an operator.
    case accepted(OrderID, OrderState)
    /// A repeat: the coupon's order, and where it stands.
    case stored(OrderID, OrderState)
    /// A look at an order by its owner.
    case order(Order, OrderState)
    case problem(ClaimProblem)

    /// The name under which the answer is counted.
    var label: String {
        switch self {
        case .accepted: "accepted"
        case .stored: "repeated"
        case .order: "order"
        case .problem(let problem): problem.slug
        }
    }

    func response(_ catalog: @autoclosure () -> Catalog) -> HTTPResponse {
        switch self {
        case .accepted(let id, let state):
            return Self.claimed(id, state, status: 202)
        case .stored(let id, let state):
            return Self.claimed(id, state, status: 200)
        case .order(let order, let state):
            return .json(Self.document(order, state, catalog()))
        case .problem(let problem):
            return problem.response
        }
    }

    private static func claimed(_ id: OrderID, _ state: OrderState, status: Int) -> HTTPResponse {
        let text = id.text
        var json = JSONWriter(reserving: 64)
        json.beginObject()
        json.key("order")
        json.string(text)
        json.key("state")
        json.string(state.name)
        json.endObject()
        return .json(json.bytes, status: status, headers: [("location", "/v1/orders/" + text)])
    }

    /// `{"order","state","game","gift","region","role","amount","claimed_at","deadline"}`, times by RFC 3339.
    private static func document(_ order: Order, _ state: OrderState, _ catalog: Catalog) -> [UInt8] {
        let gift = catalog.gifts[Int(order.gift)]
        let game = catalog.games[Int(gift.game)]
        var json = JSONWriter(reserving: 256)
        json.beginObject()
        json.key("order")
        json.string(order.id.text)
        json.key("state")
        json.string(state.name)
        json.key("game")
        json.string(game.id)
        json.key("gift")
        json.string(gift.id)
        json.key("region")
        json.string(game.regions[Int(order.region)].id)
        json.key("role")
        json.decimalString(order.role)
        json.key("amount")
        json.unsigned(UInt64(order.amount))
        json.key("claimed_at")
        json.string(UTCTimestamp.rfc3339(unixMs: order.claimedAtMs))
        json.key("deadline")
        json.string(UTCTimestamp.rfc3339(unixMs: order.deadlineMs))
        json.endObject()
        return json.bytes
    }
}

extension Catalog {
    /// Whether an order that was read back names entries of this catalog, so that it may be indexed with.
    func holds(_ order: Order) -> Bool {
        guard Int(order.gift) < gifts.count else { return false }
        return Int(order.region) < games[Int(gifts[Int(order.gift)].game)].regions.count
    }
}
