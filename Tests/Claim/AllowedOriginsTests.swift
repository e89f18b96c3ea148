import HTTPServer
import Testing

@testable import Claim

@Suite("Pages of other origins")
struct AllowedOriginsTests {
    private static let page = "https://festival.example.org"
    private let origins: AllowedOrigins

    init() throws {
        origins = try AllowedOrigins([Self.page, "http://127.0.0.1:8080"])
    }

    @Test("an origin is admitted as it was written down, and in no other form")
    func admission() {
        #expect(origins.admitted(Self.page) == Self.page)
        #expect(origins.admitted("http://127.0.0.1:8080") == "http://127.0.0.1:8080")
        for other: String? in [
            nil, "", "null", "*", "http://festival.example.org", "https://festival.example.org:443",
            "https://festival.example.org.evil.example", "https://evil.example", Self.page + "/",
        ] {
            #expect(origins.admitted(other) == nil, "\(other ?? "nil")")
        }
    }

    @Test(
        "what is no origin cannot be a setting",
        arguments: ["*", "null", "", "festival.example.org", "https://", "https://a/b", "https://A.example"])
    func noOrigin(text: String) {
        #expect(throws: AllowedOrigins.NoOrigin(text: text)) { try AllowedOrigins([Self.page, text]) }
    }

    @Test(
        "a preflight is told the method of its path",
        arguments: [("/v1/claims", "POST"), ("/v1/orders/0014VP0000002", "GET")])
    func preflight(path: String, method: String) throws {
        let request = HTTPRequest(method: .options, target: path)
        let answer = try #require(AllowedOrigins.preflight(request, from: Self.page))
        let fields = Dictionary(uniqueKeysWithValues: answer.headers)
        #expect(answer.status == 204)
        #expect(answer.body.count == 0)
        #expect(fields["access-control-allow-origin"] == Self.page)
        #expect(fields["access-control-allow-methods"] == method)
        #expect(fields["access-control-allow-headers"] == "authorization, content-type")
        #expect(fields["access-control-max-age"] == "600")
        #expect(fields["vary"] == "origin")
    }

    @Test("other methods and paths have no preflight")
    func noPreflight() {
        for (method, path) in [
            (HTTPRequest.Method.post, "/v1/claims"), (.get, "/v1/orders/0014VP0000002"), (.options, "/"),
            (.options, "/v1/orders/"), (.options, "/v1/orders/a/b"), (.options, "/v1/claims/"),
        ] {
            #expect(
                AllowedOrigins.preflight(HTTPRequest(method: method, target: path), from: Self.page) == nil)
        }
    }

    @Test("an answer is shown with the headers that a page needs, and changed in nothing else")
    func shown() {
        let plain = ClaimProblem.overloaded.response
        let answer = AllowedOrigins.show(plain, to: Self.page)
        #expect(answer.status == 503)
        #expect(answer.contentType == plain.contentType)
        #expect(answer.headers.prefix(plain.headers.count).elementsEqual(plain.headers, by: ==))
        let added = Dictionary(uniqueKeysWithValues: answer.headers.dropFirst(plain.headers.count))
        #expect(
            added == [
                "access-control-allow-origin": Self.page, "vary": "origin",
                "access-control-expose-headers": "location, retry-after, ratelimit, ratelimit-policy",
            ])
    }
}
