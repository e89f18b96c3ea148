import HTTPServer
import Wire

/// Everything that an operator's act is refused with: one RFC 9457 problem document each.
///
/// `type` is `urn:hongbao:problem:<slug>`; docs/openapi.yaml lists the slugs. A field at fault is named as
/// `field`, the state of the order that stands against the act as `state`.
package struct OperatorProblem: Error, Sendable, Equatable {
    private static let typePrefix = "urn:hongbao:problem:"

    package var status: Int
    package var slug: String
    package var title: String
    package var detail: String?
    package var field: String?
    package var state: String?
    /// Whole seconds, sent as `Retry-After`.
    package var retryAfterS: Int?

    package init(
        status: Int, slug: String, title: String, detail: String? = nil, field: String? = nil,
        state: String? = nil, retryAfterS: Int? = nil
    ) {
        self.status = status
        self.slug = slug
        self.title = title
        self.detail = detail
        self.field = field
        self.state = state
        self.retryAfterS = retryAfterS
    }

    // MARK: - The request itself

    /// The body, or a field of it, is not what it should be.
    package static func malformed(_ error: JSONError) -> OperatorProblem {
        OperatorProblem(
            status: 400, slug: "malformed", title: "The request cannot be read", detail: error.description,
            field: error.path.isEmpty ? nil : error.path)
    }

    /// A field, by its path, and what is wrong with it.
    package static func malformed(field: String, _ why: String) -> OperatorProblem {
        malformed(JSONError(path: field, reason: why))
    }

    package static let noSuchOrder = OperatorProblem(
        status: 404, slug: "no-such-order", title: "There is no such order", field: "order")

    // MARK: - Not now

    /// Nothing was done: what is not written down is not done.
    package static func notWritten(_ why: String) -> OperatorProblem {
        busy("the act could not be written to the control topic: \(why)")
    }

    /// The act may or may not be done; asked again, the answer tells.
    package static func storeAway(_ why: String) -> OperatorProblem {
        busy("the order store does not answer: \(why)")
    }

    /// 503, and why.
    package static func busy(_ why: String) -> OperatorProblem {
        OperatorProblem(
            status: 503, slug: "try-again", title: "Not at the moment", detail: why, retryAfterS: 1)
    }

    // MARK: - As sent

    /// The problem document, `application/problem+json`.
    package var response: HTTPResponse {
        .problem(
            status: status, title: title, detail: detail, type: Self.typePrefix + slug,
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
