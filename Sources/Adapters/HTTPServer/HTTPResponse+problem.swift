import Wire

extension HTTPResponse {
    /// A problem document (RFC 9457).
    ///
    /// - Parameters:
    ///   - title: what kind of problem it is, the same for every occurrence; without one the status' phrase.
    ///   - type: a URI of the kind; `about:blank` says that the status tells all.
    ///   - extra: writes further members (`$0.key("gift"); $0.string(id)`).
    package static func problem(
        status: Int, title: String? = nil, detail: String? = nil, type: String = "about:blank",
        headers: [(String, String)] = [], extra: (inout JSONWriter) -> Void = { _ in }
    ) -> HTTPResponse {
        var json = JSONWriter()
        json.beginObject()
        json.key("type")
        json.string(type)
        json.key("title")
        json.string(title ?? StatusLine.phrase(status).description)
        json.key("status")
        json.integer(Int64(status))
        if let detail {
            json.key("detail")
            json.string(detail)
        }
        extra(&json)
        json.endObject()
        return HTTPResponse(
            status: status, contentType: "application/problem+json", headers: headers,
            body: .bytes(json.bytes))
    }

    /// 405 with the methods that the resource has.
    package static func methodNotAllowed(_ allowed: String) -> HTTPResponse {
        problem(status: 405, headers: [("allow", allowed)])
    }

    /// 404 for a path that no route has.
    package static var notFound: HTTPResponse { problem(status: 404) }
}
