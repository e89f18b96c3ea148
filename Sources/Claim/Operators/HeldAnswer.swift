import HTTPServer
import Orders
import Wire

/// What came of an operator's word on a held order.
enum HeldAnswer: Sendable, Equatable {
    /// Released; `queued` once Kafka has it, `outbox` while it does not.
    case released(OrderID, OrderState, needed: Int)
    /// Another operator is needed.
    case firstOfTwo(OrderID)
    case refused(OrderID)

    /// `{"order","state"}`, of an approval also `"approvals"` and `"needed"`; 202 where another is needed.
    var response: HTTPResponse {
        switch self {
        case .released(let id, let state, let needed):
            Self.document(id, state, status: 200, approvals: (needed, needed))
        case .firstOfTwo(let id):
            Self.document(id, .held, status: 202, approvals: (1, 2))
        case .refused(let id):
            Self.document(id, .voided, status: 200, approvals: nil)
        }
    }

    private static func document(
        _ id: OrderID, _ state: OrderState, status: Int, approvals: (given: Int, needed: Int)?
    ) -> HTTPResponse {
        var json = JSONWriter(reserving: 96)
        json.beginObject()
        json.key("order")
        json.string(id.text)
        json.key("state")
        json.string(state.name)
        if let approvals {
            json.key("approvals")
            json.integer(Int64(approvals.given))
            json.key("needed")
            json.integer(Int64(approvals.needed))
        }
        json.endObject()
        return .json(json.bytes, status: status)
    }
}
