import NIOCore
import Testing

@testable import HTTPServer

@Suite("Requests")
struct RequestTests {
    private static let head =
        "GET /v1/gifts?a=b HTTP/1.1\r\nHost: a\r\nX-One:1\r\nx-one: 2\r\n"
        + "Empty:\r\nAuthorization: Bearer t.o.k\r\n"

    private static func parsed(_ text: String) throws -> HTTPRequest {
        let harness = try ServerHarness()
        harness.send(text)
        return try #require(harness.service.held.first?.request)
    }

    @Test("fields are found in any case, the first of a name, blanks around it gone")
    func fields() throws {
        let request = try Self.parsed(Self.head + "Last: \t z \t\r\n\r\n")
        #expect(request.header("host") == "a")
        #expect(request.header("X-ONE") == "1")
        #expect(request.header("Empty") == "")
        #expect(request.header("last") == "z")
        #expect(request.header("las") == nil)
        #expect(request.header("lastt") == nil)
        #expect(request.header("") == nil)
        #expect(request.header("GET /v1/gifts?a=b HTTP/1.1") == nil)
    }

    @Test("the path is compared where it stands")
    func path() throws {
        let request = try Self.parsed(Self.head + "\r\n")
        #expect(request.path == "/v1/gifts")
        #expect(request.hasPath("/v1/gifts"))
        #expect(!request.hasPath("/v1/gift"))
        #expect(!request.hasPath("/v1/giftss"))
        #expect(request.hasQuery)
        let absolute = try Self.parsed("GET http://a HTTP/1.1\r\nhost: a\r\n\r\n")
        #expect(absolute.hasPath("/"))
        #expect(absolute.target == "http://a")
        #expect(!absolute.hasQuery)
        #expect(absolute.query.isEmpty)
    }

    @Test(
        "bearer tokens",
        arguments: [
            ("Bearer t.o.k", "t.o.k"), ("bearer t", "t"), ("BEARER t", "t"), ("Bearer ", nil),
            ("Bearer  t", " t"), ("Basic t", nil), ("Bearer", nil), ("Bearert", nil), ("", nil),
        ] as [(String, String?)])
    func bearer(_ value: String, _ token: String?) throws {
        let received = try Self.parsed("GET / HTTP/1.1\r\nhost: a\r\nauthorization: \(value)\r\n\r\n")
        let made = HTTPRequest(method: .get, target: "/", headers: [("Authorization", value)])
        for request in [received, made] {
            #expect(request.bearerToken.map(String.init) == token)
            var bytes: [UInt8]?
            let isThere = request.withBearerToken { bytes = Array($0) }
            #expect(bytes == token.map { Array($0.utf8) })
            #expect(isThere == (token != nil))
        }
        #expect(HTTPRequest(method: .get, target: "/").bearerToken == nil)
    }

    @Test("a request made by hand is like one received")
    func byHand() {
        let request = HTTPRequest(
            method: .other("BREW"), target: "/a/b?c=d", headers: [("X-One", "1"), ("x", "a\r\nb: c")])
        #expect(request.path == "/a/b")
        #expect(request.target == "/a/b?c=d")
        #expect(request.query("c") == "d")
        #expect(request.header("x-one") == "1")
        #expect(request.header("X") == "a  b: c")
        #expect(request.header("b") == nil)
        #expect(request.pathSegment(after: "/a/") == "b")
        #expect(HTTPRequest(method: .get, target: "odd").path == "/")
        #expect(HTTPRequest(method: .get, target: "").path == "/")
    }

    @Test("a request keeps its bytes after the buffer has been read into again")
    func ownBytes() throws {
        let harness = try ServerHarness()
        harness.send("GET /1 HTTP/1.1\r\nhost: a\r\n\r\n")
        harness.send("POST /2 HTTP/1.1\r\nhost: b\r\ncontent-length: 9\r\n\r\nabc")
        harness.send("def")
        harness.send("ghiGET /3 HTTP/1.1\r\nho")
        harness.send("st: c\r\n\r\n")
        let requests = harness.service.held.map(\.request)
        #expect(requests.map(\.path) == ["/1", "/2", "/3"])
        #expect(requests.map { $0.header("host") } == ["a", "b", "c"])
        #expect(requests.map { String(buffer: $0.body) } == ["", "abcdefghi", ""])
    }

    @Test("a refused HEAD gets fields and no body")
    func refusedHead() throws {
        let harness = try ServerHarness()
        harness.send("HEAD / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n")
        let answers = try harness.answers(heads: [0])
        #expect(answers.map(\.status) == [400])
        #expect(!harness.isOpen)
    }

    @Test("an answer longer than any fixed room is written whole")
    func longFields() throws {
        let harness = try ServerHarness()
        let long = String(repeating: "v", count: 70_000)
        harness.service.atOnce = { _ in
            HTTPResponse(
                status: 299, contentType: long, headers: [(long, long), ("é", "ü")],
                body: .buffer(ByteBuffer(string: long)))
        }
        harness.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        let answer = try #require(try harness.answer())
        #expect(answer.status == 299)
        #expect(answer["content-type"] == long)
        #expect(answer[long] == long)
        #expect(answer["é"] == "ü")
        #expect(answer.text == long)
    }
}
