import Wire

/// What became of an attempt, or how an order ended without one.
package enum Outcome: String, CaseIterable, Sendable {
    /// The game granted it now.
    case granted
    /// The game says that it had granted it before.
    case alreadyGranted = "already_granted"
    /// The game refused for good.
    case rejected
    /// The game asks for patience; nothing was granted.
    case throttled
    /// An answer, or the lack of a connection, that says that nothing was granted.
    case failed
    /// It may or may not have been granted.
    case unknown
    /// Unknown, and handed to an operator.
    case parked
    /// Its deadline passed before anything was granted.
    case expired
    /// Its coupon belongs to another order.
    case voided

    /// The event that this outcome is for the order's state.
    package var event: OrderEvent {
        switch self {
        case .granted, .alreadyGranted: .granted
        case .rejected: .refused
        case .throttled, .failed: .notGranted
        case .unknown: .lost
        case .parked: .parked
        case .expired: .expired
        case .voided: .voided
        }
    }

    /// The state in which an order with this as its latest fact stands.
    package var state: OrderState {
        switch self {
        case .granted, .alreadyGranted: .delivered
        case .rejected: .rejected
        case .throttled, .failed: .retrying
        case .unknown: .unknown
        case .parked: .parked
        case .expired: .expired
        case .voided: .voided
        }
    }
}

/// One line of `<campaign>.outcomes`, keyed by the order ID's text.
///
/// `{"v":1,"order":"…","coupon":"…","game":"id","gift":"id","attempt":1,"outcome":"granted","status":200,
/// "at":ms,"by":"16 hex digits","reason":"…"}`; `status` is 0 where no answer came.
package struct OutcomeRecord: Sendable, Equatable {
    package var order: OrderID
    package var coupon: UInt64
    package var game: String
    package var gift: String
    package var attempt: UInt16
    package var outcome: Outcome
    package var status: Int
    package var atMs: Int64
    /// The deliverer that saw it.
    package var owner: UInt64
    /// For people; at most 200 bytes.
    package var reason: String

    package init(
        order: OrderID, coupon: UInt64, game: String, gift: String, attempt: UInt16, outcome: Outcome,
        status: Int, atMs: Int64, owner: UInt64, reason: String
    ) {
        self.order = order
        self.coupon = coupon
        self.game = game
        self.gift = gift
        self.attempt = attempt
        self.outcome = outcome
        self.status = status
        self.atMs = atMs
        self.owner = owner
        self.reason = reason
    }

    package func encode() -> [UInt8] {
        var json = JSONWriter(reserving: 240)
        json.beginObject()
        json.key("v")
        json.integer(1)
        json.key("order")
        json.string(utf8: CrockfordBase32.encode(order.rawValue))
        json.key("coupon")
        json.coupon(coupon)
        json.key("game")
        json.string(game)
        json.key("gift")
        json.string(gift)
        json.key("attempt")
        json.unsigned(UInt64(attempt))
        json.key("outcome")
        json.string(outcome.rawValue)
        json.key("status")
        json.integer(Int64(status))
        json.key("at")
        json.integer(atMs)
        json.key("by")
        json.string(utf8: Hex.encode(owner))
        json.key("reason")
        json.string(String(decoding: reason.utf8.prefix(200), as: UTF8.self))
        json.endObject()
        return json.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(RecordFault) -> OutcomeRecord {
        do throws(JSONError) {
            var fields = try JSONFields.record(bytes)
            let name = try fields.string("outcome")
            guard let outcome = Outcome(rawValue: name) else {
                throw JSONError(offset: 0, path: "outcome", reason: "\"\(name)\" is not an outcome")
            }
            let record = OutcomeRecord(
                order: try fields.orderID("order"), coupon: try fields.coupon("coupon"),
                game: try fields.string("game"), gift: try fields.string("gift"),
                attempt: UInt16(try fields.integer("attempt", in: 0...65_535)), outcome: outcome,
                status: Int(try fields.integer("status", in: 0...999)),
                atMs: try fields.integer("at", in: 0...(1 << 47)), owner: try fields.coupon("by"),
                reason: try fields.string("reason", maxBytes: 1024))
            try fields.finish()
            return record
        } catch {
            throw RecordFault(error)
        }
    }
}
