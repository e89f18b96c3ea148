import HTTPServer

/// The web origins whose pages may claim from a browser (CORS, Fetch standard section 3.2).
///
/// A page that Claim does not serve itself asks with `Origin`; a browser shows it the answer only where the
/// answer names that origin. A request without credentials of the browser's own needs no more: the ticket
/// is in a header that only a page which holds it can set.
struct AllowedOrigins: Sendable, Equatable {
    /// How long a browser may remember a preflight's answer, in s.
    static let preflightLifeS = 600
    static let maxOrigins = 64

    private let origins: Set<String>

    /// - Parameter list: `scheme://host` or `scheme://host:port` each, as browsers write them.
    /// - Throws: the first entry that is no such origin.
    init(_ list: [String]) throws(NoOrigin) {
        for origin in list where !Self.isOrigin(origin) { throw NoOrigin(text: origin) }
        guard list.count <= Self.maxOrigins else { throw NoOrigin(text: "\(list.count) origins") }
        origins = Set(list)
    }

    /// What a list holds that is no origin.
    struct NoOrigin: Error, Equatable {
        let text: String
    }

    /// The origin of a request, if it is one of these.
    func admitted(_ origin: String?) -> String? {
        origin.flatMap { origins.contains($0) ? $0 : nil }
    }

    /// The answer to a preflight (OPTIONS) of an admitted origin; nil where there is nothing to ask for.
    static func preflight(_ request: HTTPRequest, from origin: String) -> HTTPResponse? {
        guard request.method == .options else { return nil }
        let method: String
        if request.path == "/v1/claims" {
            method = "POST"
        } else if request.pathSegment(after: "/v1/orders/") != nil {
            method = "GET"
        } else {
            return nil
        }
        return HTTPResponse(
            status: 204,
            headers: [
                ("access-control-allow-origin", origin), ("access-control-allow-methods", method),
                ("access-control-allow-headers", "authorization, content-type"),
                ("access-control-max-age", String(preflightLifeS)), ("vary", "origin"),
            ])
    }

    /// Lets the pages of an admitted origin read an answer, its `Location` and `Retry-After` included.
    static func show(_ response: HTTPResponse, to origin: String) -> HTTPResponse {
        var shown = response
        shown.headers += [
            ("access-control-allow-origin", origin),
            ("access-control-expose-headers", "location, retry-after, ratelimit, ratelimit-policy"),
            ("vary", "origin"),
        ]
        return shown
    }

    /// Lower case and without a path, since it is compared as bytes with what a browser sends.
    private static func isOrigin(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
        let rest = text.utf8.dropFirst(scheme.utf8.count)
        return !rest.isEmpty
            && rest.allSatisfy { byte in
                (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || ".-:[]".utf8.contains(byte)
            }
    }
}
