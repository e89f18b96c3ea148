import NIOCore
import Testing
import Wire

@testable import HTTPServer

@Suite("Messages")
struct MessageTests {
    @Test("a plain answer has status, date, type, length, and the connection stays")
    func plain() throws {
        let harness = try ServerHarness()
        harness.service.atOnce = { _ in .json(Array("{}".utf8), headers: [("x-a", "1")]) }
        harness.send("GET /v1/gifts?a=b HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(
            String(decoding: harness.output(), as: UTF8.self)
                == "HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                + "content-type: application/json\r\ncontent-length: 2\r\nx-a: 1\r\n\r\n{}")
        #expect(harness.isOpen)
    }

    @Test("a request's parts are handed over whole")
    func parts() throws {
        let harness = try ServerHarness()
        harness.send("POST /a/b?x=1%20y&z&w=a+b%zz HTTP/1.1\r\nHost: h\r\nAuthorization: bEaReR t.o.k\r\n")
        harness.send("Content-Length: 5\r\n\r\nhe")
        harness.send("llo")
        let request = try #require(harness.service.held.first?.request)
        #expect(request.method == .post)
        #expect(request.path == "/a/b")
        #expect(request.query.map(\.0) == ["x", "z", "w"])
        #expect(request.query.map(\.1) == ["1 y", "", "a b%zz"])
        #expect(request.query("x") == "1 y")
        #expect(request.bearerToken == "t.o.k")
        #expect(request.header("HOST") == "h")
        #expect(String(buffer: request.body) == "hello")
        #expect(request.pathSegment(after: "/a/") == "b")
        #expect(request.pathSegment(after: "/") == nil)
        #expect(request.pathSegment(after: "/a/b") == nil)
    }

    @Test("a chunked body is put together")
    func chunked() throws {
        let harness = try ServerHarness()
        harness.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
        harness.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        #expect(harness.service.held.map { String(buffer: $0.request.body) } == ["abcde"])
    }

    @Test("HEAD gets GET's fields without the body")
    func head() throws {
        let harness = try ServerHarness()
        harness.service.atOnce = { _ in .text("hello") }
        harness.send("HEAD / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n")
        let answers = try harness.answers(heads: [0])
        #expect(answers.map { $0["content-length"] } == ["5", "5"])
        #expect(answers.map(\.text) == ["", "hello"])
    }

    @Test("204 and 304 have neither length nor body")
    func bodiless() throws {
        let harness = try ServerHarness()
        harness.service.atOnce = { HTTPResponse(status: $0.path == "/1" ? 204 : 304, body: .bytes([65])) }
        harness.send("GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n")
        #expect(try harness.answers().map(\.status) == [204, 304])
    }

    @Test("HTTP/1.0 closes unless it asks to be kept")
    func oldVersion() throws {
        let closing = try ServerHarness()
        closing.service.atOnce = { _ in .text("a") }
        closing.send("GET / HTTP/1.0\r\n\r\n")
        #expect(try closing.answer()?["connection"] == "close")
        #expect(!closing.isOpen)

        let keeping = try ServerHarness()
        keeping.service.atOnce = { _ in .text("a") }
        keeping.send("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
        #expect(try keeping.answer()?["connection"] == "keep-alive")
        #expect(keeping.isOpen)
    }

    @Test("an upgrade is not taken: the request is served and the connection closed")
    func upgrade() throws {
        let harness = try ServerHarness()
        harness.service.atOnce = { _ in .text("a") }
        harness.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n")
        #expect(try harness.answer()?["connection"] == "close")
        #expect(!harness.isOpen)
    }

    @Test("100-continue is sent before the body, and only when all earlier answers have left")
    func expectContinue() throws {
        let harness = try ServerHarness()
        let post = "POST /2 HTTP/1.1\r\nhost: a\r\nexpect: 100-Continue\r\ncontent-length: 2\r\n\r\n"
        harness.send("GET /1 HTTP/1.1\r\nhost: a\r\n\r\n" + post)
        #expect(harness.output().isEmpty)
        harness.service.echo(0)
        #expect(try harness.answers().map(\.status) == [200, 100])
        harness.send("ok")
        harness.service.echo(1)
        #expect(try harness.answers().map(\.text) == ["/2"])
    }

    @Test("no 100 for a body that came anyway, nor for an unknown expectation")
    func noContinue() throws {
        let harness = try ServerHarness()
        harness.service.atOnce = { _ in .text("a") }
        harness.send(
            "POST / HTTP/1.0\r\nexpect: 100-continue\r\ncontent-length: 1\r\nconnection: keep-alive\r\n\r\nx")
        #expect(try harness.answers().map(\.status) == [200])
        harness.send("POST / HTTP/1.1\r\nhost: a\r\nexpect: tea\r\ncontent-length: 1\r\n\r\nx")
        #expect(try harness.answers().map(\.status) == [417])
        #expect(!harness.isOpen)
    }

    @Test("a value with a line break forges no field")
    func injection() throws {
        let harness = try ServerHarness()
        harness.service.atOnce = { _ in
            HTTPResponse(
                status: 302, contentType: "a\r\nx: y", headers: [("location", "/\r\nset-cookie: a\0")])
        }
        harness.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        let answer = try #require(try harness.answer())
        #expect(answer["location"] == "/  set-cookie: a ")
        #expect(answer["content-type"] == "a  x: y")
        #expect(answer.fields.count == 4)
    }

    @Test("a problem document says type, title, status, detail and more")
    func problem() {
        let response = HTTPResponse.problem(status: 409, title: "Sold \"out\"", detail: "None left.") {
            $0.key("gift")
            $0.string("g1")
        }
        guard case .bytes(let bytes) = response.body else { return }
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"type":"about:blank","title":"Sold \"out\"","status":409,"#
                + #""detail":"None left.","gift":"g1"}"#
        )
        #expect(response.contentType == "application/problem+json")
    }

    @Test(
        "dates",
        arguments: [
            (Int64(0), "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
            (951_782_400, "date: Tue, 29 Feb 2000 00:00:00 GMT\r\n"),
            (1_770_724_800, "date: Tue, 10 Feb 2026 12:00:00 GMT\r\n"),
        ])
    func dates(_ unixS: Int64, _ line: String) {
        #expect(String(decoding: DateLine.line(unixS: unixS), as: UTF8.self) == line)
    }

    @Test(
        "request targets",
        arguments: [
            ("/a?b", "/a"), ("/", "/"), ("http://h/a?b", "/a"), ("HTTP://h?b", "/"), ("https://h", "/"),
            ("*", "*"),
            ("h:80", nil), ("", nil), ("http:///a", nil),
        ] as [(String, String?)])
    func targets(_ target: String, _ path: String?) {
        let bytes = Array(target.utf8)
        let found = bytes.withUnsafeBytes { try? RequestTarget.path($0, 0, $0.count) }
        #expect(found.map { String(decoding: bytes[$0], as: UTF8.self) } == path)
    }

    @Test("a responder made by hand gives the answer to its closure")
    func handMade() throws {
        let harness = try ServerHarness()
        let seen = Box()
        HTTPResponder(loop: harness.loop) { seen.status = $0.status }.respond(.notFound)
        #expect(seen.status == 404)
    }
}

/// Written and read on the embedded loop's only thread, the test's own.
private final class Box: @unchecked Sendable {
    var status = 0
}
