import Catalog
import HTTPServer

/// What a list's query string asks for, read strictly: a parameter that is unknown, repeated or without a
/// sensible value is an error that names it.
struct ListQuery {
    /// Of `POST /v1/gifts/refresh`.
    var game: UInt8 = 0

    /// Why a query is refused, as the answer to it.
    struct Refusal: Error {
        let response: HTTPResponse
    }

    /// Of a list without a query.
    init() {}

    /// - Parameter isRefresh: `game` is needed then, and unknown otherwise.
    init(_ request: HTTPRequest, catalog: Catalog, isRefresh: Bool) throws(Refusal) {
        var seen: Set<String> = []
        for (name, value) in request.query {
            guard seen.insert(name).inserted else { throw Self.malformed(name, "given more than once") }
            switch name {
            case "campaign":
                guard Self.isID(value) else { throw Self.malformed(name, "is no campaign's id") }
                guard value == catalog.campaign.id else {
                    throw Refusal(response: RecommendProblem.noSuchCampaign)
                }
            case "game" where isRefresh:
                guard Self.isID(value) else { throw Self.malformed(name, "is no game's id") }
                guard let game = catalog.game(id: value) else {
                    throw Refusal(response: RecommendProblem.noSuchGame)
                }
                self.game = game.slot
            default: throw Self.malformed(Self.shown(name), "is no parameter of this request")
            }
        }
        if isRefresh, !seen.contains("game") { throw Self.malformed("game", "missing") }
    }

    /// Nothing more than a name may be long in an answer.
    private static func shown(_ name: String) -> String { String(name.prefix(64)) }

    private static func malformed(_ field: String, _ why: String) -> Refusal {
        Refusal(response: RecommendProblem.malformed(field: field, why))
    }

    private static func isID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d
            }
    }
}
