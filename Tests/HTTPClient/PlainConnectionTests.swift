import Glibc
import Testing

@testable import HTTPClient

/// A plain connection over a socket pair whose other end is the test's.
private final class Pair {
    let connection: PlainConnection
    private let other: Int32
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)

    init() {
        var ends: [Int32] = [0, 0]
        let code = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        precondition(code == 0)
        other = ends[1]
        let queues = HostQueues(perHost: 1, maxTransfers: 1)
        queues.add(HTTPClientRequest(url: "http://a/", token: 0), untilNs: 1)
        guard let host = queues.next()?.host else { preconditionFailure("no turn") }
        connection = PlainConnection(descriptor: ends[0], host: host)
    }

    deinit {
        close(connection.descriptor)
        close(other)
        room.deallocate()
    }

    func begin(_ bytes: [UInt8]) -> PlainConnection.Step {
        connection.outgoing = bytes
        return connection.begin(token: 1, maxResponseBytes: 100, startedNs: 0, deadlineNs: 1)
    }

    func proceed() -> PlainConnection.Step { connection.proceed(room) }

    func say(_ text: String) {
        let bytes = Array(text.utf8)
        let count = send(other, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        precondition(count == bytes.count)
    }

    func hangUp() { shutdown(other, Int32(SHUT_RDWR)) }

    /// Takes what the connection has written so far.
    func hear() -> Int {
        var bytes = [UInt8](repeating: 0, count: 1 << 21)
        return recv(other, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    }
}

extension PlainConnection.Step {
    fileprivate var outcome: (HTTPClientOutcome, isReusable: Bool)? {
        if case .ended(let outcome, let isReusable) = self { (outcome, isReusable) } else { nil }
    }

    fileprivate var isPending: Bool {
        if case .pending = self { true } else { false }
    }
}

@Suite("Plain connection")
struct PlainConnectionTests {
    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    @Test("promise 4: what could not begin to be written never left")
    func unwritten() {
        let pair = Pair()
        #expect(pair.connection.isQuiet)
        pair.hangUp()
        #expect(!pair.connection.isQuiet)
        guard case .unwritten(let failure) = pair.begin([1]) else {
            Issue.record("it took the bytes")
            return
        }
        #expect(failure.kind == .broken)
    }

    @Test("what can be read before the request is not quiet")
    func forward() {
        let pair = Pair()
        pair.say(Self.ok)
        #expect(!pair.connection.isQuiet)
    }

    @Test("a request larger than the socket takes is written bit by bit; cut short it may have left")
    func long() {
        let pair = Pair()
        let size = 1 << 20
        #expect(pair.begin([UInt8](repeating: 1, count: size)).isPending)
        #expect(pair.connection.isWriting)
        #expect(pair.connection.outcome(cutShort: .timedOut, "").mayHaveLeft == .timedOut)
        var heard = 0
        while heard < size {
            let count = pair.hear()
            #expect(count > 0)
            guard count > 0 else { return }
            heard += count
            #expect(pair.proceed().isPending)
        }
        #expect(heard == size && !pair.connection.isWriting)
        pair.say(Self.ok)
        let ended = pair.proceed().outcome
        #expect(ended?.0.answer?.status == 200 && ended?.isReusable == true)
    }

    @Test("an answer before the request is written counts, and the connection does not")
    func early() {
        let pair = Pair()
        _ = pair.begin([UInt8](repeating: 1, count: 1 << 20))
        pair.say(Self.ok)
        let ended = pair.proceed().outcome
        #expect(ended?.0.answer?.status == 200 && ended?.isReusable == false)
    }

    @Test("an answer and the end after it are read at once; an end without an answer may have left")
    func ends() {
        let pair = Pair()
        #expect(pair.begin([1]).isPending)
        pair.say("HTTP/1.1 200 OK\r\n\r\nall")
        pair.hangUp()
        #expect(pair.proceed().outcome?.0.answer?.body == Array("all".utf8))
        let other = Pair()
        #expect(other.begin([1]).isPending)
        other.hangUp()
        #expect(other.proceed().outcome?.0.mayHaveLeft == .broken)
    }

    @Test("it rests no longer than its server says it will wait")
    func hint() {
        let pair = Pair()
        for (field, untilNs) in [
            ("", 4), ("Keep-Alive: timeout=3\r\n", 2), ("Keep-Alive: timeout=60\r\n", 4),
        ] {
            #expect(pair.begin([1]).isPending)
            pair.say("HTTP/1.1 200 OK\r\n\(field)Content-Length: 0\r\n\r\n")
            #expect(pair.proceed().outcome?.isReusable == true)
            pair.connection.finish()
            pair.connection.rest(nowNs: 0, maxIdleNs: 4_000_000_000)
            #expect(pair.connection.idleUntilNs == UInt64(untilNs) * 1_000_000_000)
        }
    }
}
