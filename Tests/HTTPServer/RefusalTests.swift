import NIOCore
import Testing

@testable import HTTPServer

/// A named request and the status it must be refused with.
struct Sample: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: String
    var status: Int

    init(_ name: String, _ bytes: String, _ status: Int) {
        testDescription = name
        self.bytes = bytes
        self.status = status
    }
}

@Suite("Refusals")
struct RefusalTests {
    static let requests: [Sample] = [
        Sample("no host", "GET / HTTP/1.1\r\n\r\n", 400),
        Sample("two hosts", "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400),
        Sample(
            "both lengths",
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            400),
        Sample(
            "both lengths, the other way round",
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n",
            400),
        Sample(
            "two lengths", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
            400),
        Sample(
            "the same length twice",
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 3\r\n\r\nabc", 400),
        Sample("a signed length", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: +3\r\n\r\nabc", 400),
        Sample("a negative length", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -3\r\n\r\nabc", 400),
        Sample("a list of lengths", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3,3\r\n\r\nabc", 400),
        Sample("a hexadecimal length", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0x3\r\n\r\nabc", 400),
        Sample(
            "a length beyond all bounds",
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999999999999\r\n\r\n", 400),
        Sample(
            "a bad chunk", "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 400),
        Sample(
            "a coding that is not chunked", "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\n\r\n",
            400),
        Sample(
            "a coding that ends like chunked",
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
        Sample("chunked in 1.0", "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        Sample("a space before the colon", "GET / HTTP/1.1\r\nhost : a\r\n\r\n", 400),
        Sample("a folded field", "GET / HTTP/1.1\r\nhost: a\r\nx: a\r\n b\r\n\r\n", 400),
        Sample("a field without a name", "GET / HTTP/1.1\r\n: a\r\n\r\n", 400),
        Sample("a control character in a name", "GET / HTTP/1.1\r\nhost: a\r\nx\u{1}: a\r\n\r\n", 400),
        Sample("a target without a slash", "GET example HTTP/1.1\r\nhost: a\r\n\r\n", 400),
        Sample("an unknown method", "BREW / HTTP/1.1\r\nhost: a\r\n\r\n", 501),
        Sample("another protocol", "GET / HTTX/1.1\r\n\r\n", 400),
        Sample("a TLS hello", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}", 400),
        Sample("HTTP/2", "GET / HTTP/2.0\r\nhost: a\r\n\r\n", 505),
        Sample("a tunnel", "CONNECT a:80 HTTP/1.1\r\nhost: a\r\n\r\n", 501),
    ]

    @Test("malformed requests get a problem document and the connection closes", arguments: requests)
    func malformed(_ sample: Sample) throws {
        let harness = try ServerHarness()
        harness.send(sample.bytes)
        let answer = try #require(try harness.answer())
        #expect(answer.status == sample.status)
        #expect(answer["content-type"] == "application/problem+json")
        #expect(answer["connection"] == "close")
        #expect(answer.text.hasPrefix(#"{"type":"about:blank""#))
        #expect(!harness.isOpen)
        #expect(harness.service.count == 0)
    }

    private static let long = String(repeating: "a", count: 2_000)
    private static let head = "GET / HTTP/1.1\r\nhost: a\r\n"

    @Test(
        "a header section over the limit",
        arguments: [
            Sample("a long target", "GET /\(long) HTTP/1.1\r\nhost: a\r\n\r\n", 431),
            Sample("a long value", head + "x: \(long)\r\n\r\n", 431),
            Sample("a long value without an end", head + "x: \(long)", 431),
            Sample("long in sum", head + String(repeating: "xyz: abcdefghij\r\n", count: 100) + "\r\n", 431),
            Sample("many fields", head + String(repeating: "a:\r\n", count: 65) + "\r\n", 431),
        ])
    func headerLimit(_ sample: Sample) throws {
        let harness = try ServerHarness { $0.maxHeaderBytes = 1_000 }
        harness.send(sample.bytes)
        #expect(try harness.answer()?.status == sample.status)
        #expect(!harness.isOpen)
    }

    @Test("a header section that comes in small pieces is held to the same limit")
    func headerLimitInPieces() throws {
        let harness = try ServerHarness { $0.maxHeaderBytes = 1_000 }
        harness.send("GET / HTTP/1.1\r\nhost: a\r\n")
        var sent = 0
        while harness.isOpen, sent < 3_000 {
            harness.send("abcdefgh: x\r\n")
            sent += 9
        }
        #expect(try harness.answer()?.status == 431)
        #expect(sent <= 1_010)
    }

    @Test("a body announced as too large: 413 before any of it is read")
    func bodyLimit() throws {
        let harness = try ServerHarness { $0.maxBodyBytes = 10 }
        harness.send("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 11\r\n\r\n")
        let answer = try #require(try harness.answer())
        #expect(answer.status == 413)
        #expect(answer["connection"] == "close")
        #expect(!harness.isOpen)
    }

    @Test("a chunked body that grows too large: 413; one of just the limit is served")
    func chunkedLimit() throws {
        let harness = try ServerHarness { $0.maxBodyBytes = 10 }
        let head = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
        harness.service.atOnce = { .text("\($0.body.readableBytes)") }
        harness.send(head + "5\r\nabcde\r\n5\r\nabcde\r\n0\r\n\r\n")
        #expect(try harness.answer()?.text == "10")
        harness.send(head + "5\r\nabcde\r\n6\r\nabcdef\r\n")
        #expect(try harness.answer()?.status == 413)
        #expect(!harness.isOpen)
        #expect(harness.service.count == 1)
    }

    @Test("connections over the maximum are closed as they come")
    func tooMany() throws {
        let harness = try ServerHarness(maxConnections: 0)
        #expect(!harness.isOpen)
        #expect(harness.output().isEmpty)
    }
}
