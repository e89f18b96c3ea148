import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPServer

@Suite("Deadlines and drain")
struct DeadlineTests {
    private static let get = "GET /1 HTTP/1.1\r\nhost: a\r\n\r\n"

    @Test("an idle connection is closed without a word")
    func idle() throws {
        let harness = try ServerHarness { $0.idleTimeout = .seconds(5) }
        harness.sweep(4)
        #expect(harness.isOpen)
        harness.sweep(1)
        #expect(!harness.isOpen)
        #expect(harness.output().isEmpty)
    }

    @Test("an answer starts the idle time again")
    func idleAfterAnswer() throws {
        let harness = try ServerHarness { $0.idleTimeout = .seconds(5) }
        harness.service.atOnce = { _ in .text("a") }
        harness.sweep(4)
        harness.send(Self.get)
        harness.sweep(4)
        #expect(harness.isOpen)
        harness.sweep(1)
        #expect(!harness.isOpen)
    }

    @Test("a head that trickles is cut off with 408, however steadily it trickles")
    func slowHead() throws {
        let harness = try ServerHarness { $0.requestTimeout = .seconds(5) }
        for byte in "GET /a HTTP/1.1\r\nx: ".utf8.prefix(5) {
            harness.send([byte])
            harness.sweep(1)
        }
        #expect(try harness.answer()?.status == 408)
        #expect(!harness.isOpen)
    }

    @Test("a body that trickles is cut off with 408")
    func slowBody() throws {
        let harness = try ServerHarness { $0.requestTimeout = .seconds(5) }
        harness.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n")
        for _ in 0..<5 {
            harness.send("x")
            harness.sweep(1)
        }
        #expect(try harness.answer()?.status == 408)
        #expect(!harness.isOpen)
    }

    @Test("head and body together have the time, not each")
    func slowRequest() throws {
        let harness = try ServerHarness { $0.requestTimeout = .seconds(5) }
        harness.send("POST / HTTP/1.1\r\nhost: a\r\n")
        harness.sweep(3)
        harness.send("content-length: 1\r\n\r\n")
        harness.sweep(2)
        #expect(try harness.answer()?.status == 408)
        #expect(!harness.isOpen)
    }

    @Test("a request behind whole ones has its own time")
    func slowAfterWhole() throws {
        let harness = try ServerHarness { $0.requestTimeout = .seconds(5) }
        harness.service.atOnce = { _ in .text("a") }
        harness.send("GET /1 HTTP/1.1\r\nho")
        harness.sweep(4)
        harness.send("st: a\r\n\r\nGET /2 HTTP/1.1\r\nho")
        #expect(try harness.answer()?.status == 200)
        harness.sweep(4)
        #expect(harness.isOpen)
        harness.send("st: a\r\n\r\n")
        #expect(try harness.answer()?.status == 200)
        #expect(harness.isOpen)
    }

    @Test("a body's time begins when the client is told to go on")
    func slowContinue() throws {
        let harness = try ServerHarness { $0.requestTimeout = .seconds(5) }
        let post = "POST /2 HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\n"
        harness.send(Self.get + post)
        harness.sweep(6)
        harness.service.echo(0)
        #expect(try harness.answers().map(\.status) == [200, 100])
        harness.sweep(4)
        #expect(harness.isOpen)
        harness.sweep(1)
        #expect(try harness.answer()?.status == 408)
    }

    @Test("an empty line between requests begins none")
    func emptyLine() throws {
        let harness = try ServerHarness {
            $0.requestTimeout = .seconds(5)
            $0.idleTimeout = .seconds(10)
        }
        harness.service.atOnce = { _ in .text("a") }
        harness.send(Self.get + "\r\n")
        #expect(try harness.answer()?.status == 200)
        harness.sweep(9)
        #expect(harness.isOpen)
        harness.sweep(1)
        #expect(!harness.isOpen)
        #expect(harness.output().isEmpty)
    }

    @Test("a request that the service forgets is answered 503; those behind it are given up")
    func forgotten() throws {
        let harness = try ServerHarness { $0.answerTimeout = .seconds(5) }
        harness.send(Self.get + Self.get)
        harness.service.echo(1)
        harness.sweep(5)
        #expect(try harness.answers().map(\.status) == [503])
        #expect(!harness.isOpen)
        harness.service.echo(0)
        #expect(harness.output().isEmpty)
    }

    @Test("a peer that reads nothing is cut off")
    func unwritable() throws {
        let harness = try ServerHarness { $0.idleTimeout = .seconds(5) }
        harness.channel.isWritable = false
        harness.channel.pipeline.fireChannelWritabilityChanged()
        harness.sweep(5)
        #expect(!harness.isOpen)
    }

    @Test("a drain waits for what has begun, whose last answer says close")
    func drainFinishes() throws {
        let harness = try ServerHarness()
        harness.send(Self.get + Self.get)
        let drained = harness.shared.drain()
        harness.sweep(3)
        harness.service.echo(1)
        harness.service.echo(0)
        let answers = try harness.answers()
        #expect(answers.map { $0["connection"] } == [nil, "close"])
        #expect(!harness.isOpen)
        try drained.wait()
    }

    @Test("a body under way at the drain is read to its end and answered")
    func drainReadsBody() throws {
        let harness = try ServerHarness()
        harness.service.atOnce = { .text(String(buffer: $0.body)) }
        harness.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhe")
        let drained = harness.shared.drain()
        harness.sweep(2)
        harness.send("llo")
        let answer = try #require(try harness.answer())
        #expect(answer.text == "hello")
        #expect(answer["connection"] == "close")
        try drained.wait()
    }

    @Test("a drain closes idle connections at the next sweep, serving what comes until then")
    func drainIdle() throws {
        let harness = try ServerHarness()
        harness.service.atOnce = { _ in .text("a") }
        let drained = harness.shared.drain()
        harness.loop.run()
        #expect(harness.isOpen)
        harness.send(Self.get + Self.get)
        #expect(try harness.answers().map { $0["connection"] } == [nil, "close"])
        #expect(!harness.isOpen)
        try drained.wait()

        let silent = try ServerHarness()
        let ended = silent.shared.drain()
        silent.sweep(1)
        #expect(!silent.isOpen)
        try ended.wait()
    }

    @Test("an abort cuts off what a drain still waits for")
    func abort() throws {
        let harness = try ServerHarness()
        harness.send(Self.get)
        let drained = harness.shared.drain()
        harness.sweep(2)
        #expect(harness.isOpen)
        harness.shared.abort()
        harness.loop.run()
        #expect(!harness.isOpen)
        try drained.wait()
    }
}
