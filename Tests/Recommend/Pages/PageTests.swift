import HTTPServer
import NIOCore
import Testing

@testable import Recommend

@Suite("A page in its forms")
struct PageTests {
    private static let text = String(repeating: "a lantern and a dragon; ", count: 200)
    private let page: Page
    /// Of a type that is never compressed.
    private let plain: Page

    init() throws {
        page = try Self.page(Self.text)
        plain = try Self.page("0123456789", type: "image/png")
    }

    private static func page(_ text: String, type: String = "text/html; charset=utf-8") throws -> Page {
        try Page(
            Page.Source(
                type: type, cacheControl: "public, max-age=60",
                fields: [Page.Field(name: "x-further", value: "yes")], body: ByteBuffer(string: text)))
    }

    private func ask(
        _ page: Page, _ headers: [(String, String)] = [], method: HTTPRequest.Method = .get
    ) throws -> PageAnswer {
        try #require(
            PageAnswer(page.response(to: HTTPRequest(method: method, target: "/", headers: headers))))
    }

    private func tag(_ page: Page, _ accepted: String? = nil) throws -> String {
        try #require(try ask(page, accepted.map { [("accept-encoding", $0)] } ?? [])["etag"])
    }

    @Test("each form decodes to the page, under a strong tag of its own")
    func forms() throws {
        let whole = try ask(page)
        #expect(whole.text == Self.text && whole["content-encoding"] == nil)
        let gzip = try ask(page, [("accept-encoding", "gzip")])
        #expect(gzip["content-encoding"] == "gzip" && gzip.bytes.count < whole.bytes.count)
        #expect(try Decoders.gunzip(gzip.bytes, room: whole.bytes.count) == whole.bytes)
        let brotli = try ask(page, [("accept-encoding", "br")])
        #expect(brotli["content-encoding"] == "br" && brotli.bytes.count < whole.bytes.count)
        if Decoders.haveBrotli {
            #expect(try Decoders.unbrotli(brotli.bytes, room: whole.bytes.count) == whole.bytes)
        }
        let tags = [whole, gzip, brotli].compactMap { $0["etag"] }
        #expect(Set(tags).count == 3)
        #expect(tags.allSatisfy { $0.hasPrefix("\"") && $0.hasSuffix("\"") && $0.count == 18 })
        for answer in [whole, gzip, brotli] {
            #expect(answer.status == 200 && answer["vary"] == "accept-encoding")
            #expect(answer["accept-ranges"] == "bytes" && answer["x-content-type-options"] == "nosniff")
            #expect(answer["x-further"] == "yes" && answer["cache-control"] == "public, max-age=60")
            #expect(answer.response.contentType == "text/html; charset=utf-8")
        }
    }

    @Test("the form is the client's choice, of equals the smallest")
    func negotiation() throws {
        let chosen: [(String, String?)] = [
            ("gzip, deflate, br, zstd", "br"), ("gzip;q=1.0, br;q=0.9", "gzip"),
            ("identity, gzip;q=0.5", nil),
            ("zstd", nil), ("", nil), ("*", "br"), ("br;q=0, *;q=0.1", "gzip"), ("gzip;q=0", nil),
            ("gzip;q=0.001", "gzip"), ("identity;q=0, gzip", "gzip"),
        ]
        for (field, coding) in chosen {
            let answer = try ask(page, [("Accept-Encoding", field)])
            #expect(answer.status == 200 && answer["content-encoding"] == coding, "\(field)")
        }
        for field in ["identity;q=0", "*;q=0", "identity;q=0, zstd"] {
            let answer = try ask(page, [("accept-encoding", field)])
            #expect(answer.status == 406 && answer["vary"] == "accept-encoding", "\(field)")
        }
    }

    @Test("what is no text, or gets no smaller, is kept as it is and does not vary")
    func oneForm() throws {
        for page in [plain, try Self.page("x")] {
            for field in ["gzip, br", "identity;q=0", "*;q=0"] {
                let answer = try ask(page, [("accept-encoding", field)])
                #expect(answer.status == 200 && answer["vary"] == nil && answer["content-encoding"] == nil)
            }
        }
    }

    @Test("304 compares with the form that would be sent, weakly, and says what the 200 would")
    func unchanged() throws {
        let tags = (plain: try tag(page), gzip: try tag(page, "gzip"))
        for method: HTTPRequest.Method in [.get, .head] {
            for field in [tags.gzip, "W/\(tags.gzip)", "\"x\", \(tags.gzip)", "*"] {
                let answer = try ask(
                    page, [("accept-encoding", "gzip"), ("if-none-match", field)], method: method)
                #expect(answer.status == 304 && answer.bytes.isEmpty, "\(field)")
                #expect(answer["etag"] == tags.gzip && answer["vary"] == "accept-encoding")
                #expect(answer["cache-control"] == "public, max-age=60")
                #expect(answer["content-encoding"] == nil && answer.response.contentType == nil)
            }
        }
        for field in [tags.plain, "\"x\"", "", "nonsense"] {
            let answer = try ask(page, [("accept-encoding", "gzip"), ("if-none-match", field)])
            #expect(answer.status == 200, "\(field)")
        }
        #expect(try ask(plain, [("if-none-match", tags.plain)]).status == 200)
    }

    @Test("If-Match lets only the form that is named be sent")
    func matching() throws {
        #expect(try ask(page, [("if-match", try tag(page))]).status == 200)
        #expect(try ask(page, [("if-match", "*")]).status == 200)
        #expect(try ask(page, [("if-match", "W/\(try tag(page))")]).status == 412)
        #expect(try ask(page, [("if-match", try tag(page, "br"))]).status == 412)
        // It comes before If-None-Match.
        #expect(try ask(page, [("if-match", "\"x\""), ("if-none-match", "*")]).status == 412)
    }

    @Test("a part of the plain form, with all that the whole would say")
    func part() throws {
        let answer = try ask(page, [("range", "bytes=2-8")])
        #expect(answer.status == 206 && answer.text == "lantern")
        #expect(answer["content-range"] == "bytes 2-8/\(Self.text.utf8.count)")
        #expect(answer["etag"] == (try tag(page)) && answer["vary"] == "accept-encoding")
        #expect(answer["cache-control"] == "public, max-age=60" && answer["x-further"] == "yes")
        #expect(answer.response.contentType == "text/html; charset=utf-8")
        #expect(try ask(plain, [("range", "bytes=-3")]).text == "789")
        #expect(try ask(plain, [("range", "bytes=4-")])["content-range"] == "bytes 4-9/10")
        #expect(try ask(plain, [("range", "bytes=0-99")]).text == "0123456789")
    }

    @Test("parts of a compressed form put together are that form", arguments: ["gzip", "br"])
    func partsOfForms(_ coding: String) throws {
        let accepted = ("accept-encoding", coding)
        let whole = try ask(page, [accepted])
        let middle = whole.bytes.count / 2
        let first = try ask(page, [accepted, ("range", "bytes=0-\(middle - 1)")])
        let second = try ask(
            page, [accepted, ("range", "bytes=\(middle)-"), ("if-range", try #require(first["etag"]))])
        #expect(first.status == 206 && second.status == 206)
        #expect(first["content-encoding"] == coding && second["content-encoding"] == coding)
        #expect(first.bytes + second.bytes == whole.bytes)
    }

    @Test("a range that cannot be is 416 with the form's length")
    func unsatisfiable() throws {
        let answer = try ask(plain, [("range", "bytes=10-")])
        #expect(answer.status == 416 && answer["content-range"] == "bytes */10")
        let gzip = try ask(page, [("accept-encoding", "gzip")])
        let field = "bytes=\(gzip.bytes.count)-"
        let refused = try ask(page, [("accept-encoding", "gzip"), ("range", field)])
        #expect(refused.status == 416 && refused["content-range"] == "bytes */\(gzip.bytes.count)")
        #expect(try ask(page, [("range", field)]).status == 206)
    }

    @Test("If-Range with another tag, a weak one or a date: the whole, even where the range cannot be")
    func ifRange() throws {
        for field in [try tag(page, "gzip"), "W/\(try tag(page))", "Tue, 17 Feb 2026 00:00:00 GMT", "*"] {
            for range in ["bytes=0-3", "bytes=99999999-"] {
                let answer = try ask(page, [("range", range), ("if-range", field)])
                #expect(answer.status == 200 && answer.text == Self.text, "\(field)")
            }
        }
        #expect(try ask(page, [("range", "bytes=0-3"), ("if-range", try tag(page))]).status == 206)
        // Without a range it says nothing.
        #expect(try ask(page, [("if-range", "\"x\"")]).status == 200)
    }

    @Test("several ranges, bad ones, and those of HEAD are answered with the whole; 304 comes first")
    func wholes() throws {
        for field in ["bytes=0-1,3-4", "bytes=5-1", "lines=1-2", "bytes=x"] {
            #expect(try ask(page, [("range", field)]).text == Self.text)
        }
        let head = try ask(page, [("range", "bytes=0-3")], method: .head)
        #expect(head.status == 200 && head["content-range"] == nil && head.bytes.count == Self.text.count)
        let both = [("range", "bytes=0-3"), ("if-none-match", try tag(page))]
        #expect(try ask(page, both).status == 304)
    }

    @Test("an empty page is one, and has no parts")
    func empty() throws {
        let empty = try Self.page("")
        #expect(try ask(empty).status == 200 && ask(empty).bytes.isEmpty)
        #expect(try ask(empty, [("range", "bytes=0-")])["content-range"] == "bytes */0")
        #expect(try ask(empty, [("range", "bytes=-1")]).status == 200)
    }
}
