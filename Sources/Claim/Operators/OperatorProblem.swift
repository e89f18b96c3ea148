import HTTPServer
import Orders
import Wire

/// Everything that an operator's act is refused with: one RFC 9457 problem document each.
///
/// `type` is `urn:hongbao:problem:<slug>`; docs/openapi.yaml lists the slugs. A field at fault is named as
/// `field`, the state of the order that stands against the act as `state`.
struct OperatorProblem: Error, Sendable, Equatable {
    var status: Int
    var slug: String
    var title: String
    var detail: String?
    var field: String?
    var state: String?
    /// Whole seconds, sent as `Retry-After`.
    var retryAfterS: Int?

    // MARK: - The request itself

    static func malformed(_ error: JSONError) -> OperatorProblem {
        OperatorProblem(
            status: 400, slug: "malformed", title: "The request cannot be read", detail: error.description,
            field: error.path.isEmpty ? nil : error.path)
    }

    static func malformed(field: String, _ why: String) -> OperatorProblem {
        malformed(JSONError(path: field, reason: why))
    }

    static func noSuchGift(_ id: String) -> OperatorProblem {
        OperatorProblem(
            status: 404, slug: "no-such-gift", title: "There is no such gift pack", detail: id, field: "gift")
    }

    // MARK: - Held orders

    static let noSuchOrder = OperatorProblem(
        status: 404, slug: "no-such-order", title: "There is no such order", field: "order")

    static func notHeld(_ state: OrderState) -> OperatorProblem {
        OperatorProblem(
            status: 409, slug: "not-held", title: "The order does not wait for approval", field: "order",
            state: state.name)
    }

    static let sameOperator = OperatorProblem(
        status: 409, slug: "same-operator", title: "Another operator must approve as well",
        detail: "the pack needs two persons, and you have approved already")
    static let pastDeadline = OperatorProblem(
        status: 409, slug: "past-deadline", title: "The order's deadline has passed",
        detail: "nothing is delivered any more; refuse it, and its stock goes back", field: "order")

    static func capReached(_ cap: Int, retryAfterS: Int) -> OperatorProblem {
        OperatorProblem(
            status: 429, slug: "cap-reached", title: "You have given your approvals of the day",
            detail: "at most \(cap) a day and operator", retryAfterS: retryAfterS)
    }

    // MARK: - Settling

    static func wrongPhase(_ phase: String, settlesAt: String, endsAt: String) -> OperatorProblem {
        OperatorProblem(
            status: 409, slug: "wrong-phase", title: "The campaign is not being settled",
            detail: "it is settled from \(settlesAt) until \(endsAt)", state: phase)
    }

    static func needsApproval(_ gift: String) -> OperatorProblem {
        OperatorProblem(
            status: 409, slug: "needs-approval", title: "The gift pack is one that operators must approve of",
            detail: "\(gift) is of high value: each order of it is looked at by a person", field: "gift")
    }

    static func paused(_ gift: String) -> OperatorProblem {
        OperatorProblem(
            status: 409, slug: "paused", title: "The gift pack is not given out for the moment",
            detail: "\(gift) or its game is paused in the campaign's files", field: "gift")
    }

    // MARK: - Not now

    /// Nothing was done: what is not written down is not done.
    static func notWritten(_ why: String) -> OperatorProblem {
        busy("the act could not be written to the control topic: \(why)")
    }

    /// The act may or may not be done; asked again, the answer tells.
    static func storeAway(_ why: String) -> OperatorProblem {
        busy("the order store does not answer: \(why)")
    }

    static func busy(_ why: String) -> OperatorProblem {
        OperatorProblem(
            status: 503, slug: "try-again", title: "Not at the moment", detail: why, retryAfterS: 1)
    }

    // MARK: - As sent

    var response: HTTPResponse {
        .problem(
            status: status, title: title, detail: detail, type: ClaimProblem.typePrefix + slug,
            headers: retryAfterS.map { [("retry-after", String($0))] } ?? []
        ) { json in
            if let field {
                json.key("field")
                json.string(field)
            }
            if let state {
                json.key("state")
                json.string(state)
            }
        }
    }
}
