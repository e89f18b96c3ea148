import Credentials
import HTTPServer
import Wire

/// Everything that Recommend says no with: RFC 9457 problem documents, made once where they say the same to
/// everybody. `type` is `urn:hongbao:problem:<slug>`; docs/openapi.yaml lists the slugs.
enum RecommendProblem {
    private static let typePrefix = "urn:hongbao:problem:"

    // MARK: - 401

    static let noTicket = unauthorized("there is no Authorization: Bearer header")
    private static let expiredTicket = unauthorized("the ticket has expired")
    private static let earlyTicket = unauthorized("the ticket is not good yet")
    private static let badTicket = unauthorized("the ticket is not a valid one of this service")

    /// Says what an honest client can mend, and nothing that helps to forge: which key, algorithm, signature
    /// or audience did not fit stays here.
    static func ticket(_ error: TicketError) -> HTTPResponse {
        switch error {
        case .expired: expiredTicket
        case .notYet: earlyTicket
        case .malformed, .unknownKey, .wrongAlgorithm, .badSignature, .wrongAudience, .badSubject: badTicket
        }
    }

    private static func unauthorized(_ detail: String) -> HTTPResponse {
        problem(
            401, "unauthorized", "A valid login ticket is needed", detail: detail,
            headers: [("www-authenticate", "Bearer")])
    }

    // MARK: - The request

    static func malformed(field: String, _ why: String) -> HTTPResponse {
        .problem(
            status: 400, title: "The request cannot be read", detail: "\(field): \(why)",
            type: typePrefix + "malformed"
        ) { json in
            json.key("field")
            json.string(field)
        }
    }

    static let noSuchCampaign = problem(404, "no-such-campaign", "There is no such campaign here")
    static let noSuchGame = problem(404, "no-such-game", "The campaign has no such game")
    static let over = problem(410, "over", "The campaign is over")

    // MARK: - Not now

    static let overloaded = problem(
        503, "try-again", "Not at the moment", detail: "too many requests at once",
        headers: [("retry-after", "1")])
    static let starting = problem(
        503, "try-again", "Not at the moment", detail: "this process is starting",
        headers: [("retry-after", "1")])

    /// - Parameter headers: the fields of the limit, `retry-after` among them.
    static func tooMany(_ headers: [(String, String)]) -> HTTPResponse {
        problem(
            429, "too-many-requests", "Too many requests of one person",
            detail: "repeat after the time that Retry-After tells", headers: headers)
    }

    private static func problem(
        _ status: Int, _ slug: String, _ title: String, detail: String? = nil,
        headers: [(String, String)] = []
    ) -> HTTPResponse {
        .problem(status: status, title: title, detail: detail, type: typePrefix + slug, headers: headers)
    }
}
