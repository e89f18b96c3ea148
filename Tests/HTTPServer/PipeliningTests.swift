import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPServer

private func get(_ path: String, _ more: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nhost: a\r\n\(more)\r\n"
}

@Suite("Pipelining")
struct PipeliningTests {
    @Test("answers given out of order leave in the order of the requests")
    func order() throws {
        let harness = try ServerHarness()
        harness.send(get("/1") + get("/2") + get("/3"))
        #expect(harness.service.held.map(\.request.path) == ["/1", "/2", "/3"])
        harness.service.echo(2)
        #expect(harness.output().isEmpty)
        harness.service.echo(0)
        #expect(try harness.answers().map(\.text) == ["/1"])
        harness.service.echo(1)
        #expect(try harness.answers().map(\.text) == ["/2", "/3"])
        #expect(harness.isOpen)
    }

    @Test(
        "every order of four answers",
        arguments: [
            [0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1], [3, 0, 1, 2], [1, 2, 3, 0], [2, 0, 3, 1],
        ])
    func orders(_ order: [Int]) throws {
        let harness = try ServerHarness()
        harness.send((0..<4).map { get("/\($0)") }.joined())
        for index in order { harness.service.echo(index) }
        #expect(try harness.answers().map(\.text) == ["/0", "/1", "/2", "/3"])
    }

    @Test("the service never holds more than the maximum, and gets the rest as it answers")
    func depth() throws {
        let harness = try ServerHarness { $0.maxPipelined = 3 }
        harness.send((0..<10).map { get("/\($0)") }.joined())
        #expect(harness.service.held.count == 3)
        // The second answer makes no room: the first still holds its place.
        harness.service.echo(1)
        #expect(harness.service.held.count == 3)
        harness.service.echo(0)
        #expect(harness.service.held.count == 5)
        for index in 2..<10 { harness.service.echo(index) }
        #expect(try harness.answers().map(\.text) == (0..<10).map { "/\($0)" })
    }

    @Test("reads stop while there is no room and go on after an answer")
    func readsAreHeld() throws {
        let harness = try ServerHarness { $0.maxPipelined = 2 }
        let reads = ReadCounter()
        try harness.channel.pipeline.syncOperations.addHandler(reads, position: .first)
        harness.channel.read()
        #expect(reads.count == 1)
        harness.send(get("/1") + get("/2"))
        let before = reads.count
        harness.channel.read()
        #expect(reads.count == before)
        harness.service.echo(0)
        #expect(reads.count == before + 1)
    }

    @Test("answers at once to a long pipeline do not nest and leave in one write a read")
    func atOnce() throws {
        let harness = try ServerHarness { $0.maxPipelined = 4 }
        harness.service.atOnce = { .text($0.path) }
        harness.send((0..<2_000).map { get("/\($0)") }.joined())
        var writes = 0
        var bytes: [UInt8] = []
        while let buffer = try harness.channel.readOutbound(as: ByteBuffer.self) {
            writes += 1
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        #expect(try SeenResponse.all(bytes).map(\.text) == (0..<2_000).map { "/\($0)" })
        // 2,000 answers of about 110 bytes stay under what one tick gathers.
        #expect(writes == 1)
    }

    @Test("an unwritable peer stops both the hand-over and the reading")
    func unwritable() throws {
        let harness = try ServerHarness()
        harness.channel.isWritable = false
        harness.channel.pipeline.fireChannelWritabilityChanged()
        harness.send(get("/1"))
        #expect(harness.service.held.isEmpty)
        harness.channel.isWritable = true
        harness.channel.pipeline.fireChannelWritabilityChanged()
        #expect(harness.service.held.count == 1)
    }

    @Test("what follows a request with connection: close is not served")
    func nothingAfterClose() throws {
        let harness = try ServerHarness()
        harness.service.atOnce = { .text($0.path) }
        harness.send(get("/1", "connection: close\r\n") + get("/2"))
        let answers = try harness.answers()
        #expect(answers.map(\.text) == ["/1"])
        #expect(answers.first?["connection"] == "close")
        #expect(!harness.isOpen)
        #expect(harness.service.count == 1)
    }

    @Test("a malformed request is answered after those before it, which still get their answers")
    func refusalKeepsOrder() throws {
        let harness = try ServerHarness { $0.maxPipelined = 1 }
        harness.send(get("/1") + get("/2") + "BROKEN\r\n\r\n")
        #expect(harness.output().isEmpty)
        harness.service.echo(0)
        harness.service.echo(1)
        #expect(try harness.answers().map(\.status) == [200, 200, 400])
        #expect(!harness.isOpen)
    }

    @Test("an answer after the connection has gone does nothing")
    func lateAnswer() throws {
        let harness = try ServerHarness()
        harness.send(get("/1"))
        harness.channel.close(promise: nil)
        harness.loop.run()
        harness.service.echo(0)
        #expect(harness.output().isEmpty)
    }
}

private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}
