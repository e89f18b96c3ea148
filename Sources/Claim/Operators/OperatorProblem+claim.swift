import Operators
import Orders

/// What Claim alone refuses operators' acts with.
extension OperatorProblem {
    static func noSuchGift(_ id: String) -> OperatorProblem {
        OperatorProblem(
            status: 404, slug: "no-such-gift", title: "There is no such gift pack", detail: id, field: "gift")
    }

    // MARK: - Held orders

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
}
