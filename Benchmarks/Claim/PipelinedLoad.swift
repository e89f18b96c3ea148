import Glibc
import Stack

/// The load generator: so many connections under one poll(2), each of which sends a fixed number of requests
/// in one write, waits for all their answers, and sends the next ones; what `redis-benchmark -P` does. One
/// thread.
final class PipelinedLoad {
    struct Plan {
        var port: Int
        var connections: Int
        /// Requests in one write.
        var depth = 16
        /// The first request to send, in the book.
        var first = 0
        /// Begin again at `first` when the book ends; else the run ends there.
        var repeats = false
    }

    struct Outcome {
        /// Answers by status.
        var answers: [Int: Int] = [:]
        /// In the order of the book: how many requests were sent.
        var sent = 0
        var seconds = 0.0

        func count(_ statuses: Int...) -> Int { statuses.reduce(0) { $0 + (answers[$1] ?? 0) } }
        var total: Int { answers.values.reduce(0, +) }
    }

    private struct Connection {
        let descriptor: Int32
        var answers = AnswerCounter()
        /// Sent and not yet answered.
        var open = 0
        /// Of the book, what is still to be written.
        var pending = 0..<0
    }

    private static let readBytes = 64 << 10

    private let plan: Plan
    private let book: RequestBook
    private var entries: [pollfd] = []
    private var connections: [Connection] = []
    private var next: Int
    private var tallies = [Int](repeating: 0, count: 1000)
    private var isEnding = false
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: readBytes, alignment: 16)

    /// Connects.
    init(_ plan: Plan, _ book: RequestBook) throws(StackFailure) {
        self.plan = plan
        self.book = book
        next = plan.first
        for _ in 0..<plan.connections {
            let descriptor = try Self.connect(plan.port)
            entries.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
            connections.append(Connection(descriptor: descriptor))
        }
    }

    deinit {
        for connection in connections { close(connection.descriptor) }
        buffer.deallocate()
    }

    private static func connect(_ port: Int) throws(StackFailure) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw StackFailure("socket", errno: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw StackFailure("connect to 127.0.0.1:\(port)", errno: errno) }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    /// Sends and counts for so long. May be called again and goes on where it was.
    func run(seconds: Double) throws(StackFailure) -> Outcome {
        let started = ContinuousClock.now
        let end = started + .seconds(seconds)
        let (sentBefore, talliesBefore) = (next, tallies)
        isEnding = false
        for index in connections.indices where connections[index].open == 0 { try send(index) }
        while ContinuousClock.now < end, connections.contains(where: { $0.open > 0 }) { try turn(50) }
        var outcome = Outcome()
        outcome.seconds = (ContinuousClock.now - started) / .seconds(1)
        outcome.sent = next - sentBefore
        for (status, count) in tallies.enumerated() where count > talliesBefore[status] {
            outcome.answers[status] = count - talliesBefore[status]
        }
        return outcome
    }

    /// Sends nothing more and waits for what is open, at most so long; the answers by status of all runs.
    func finish(within limit: Duration = .seconds(20)) throws(StackFailure) -> Outcome {
        isEnding = true
        let deadline = Deadline(after: limit)
        while connections.contains(where: { $0.open > 0 }), !deadline.hasPassed { try turn(50) }
        var outcome = Outcome()
        outcome.sent = next - plan.first
        for (status, count) in tallies.enumerated() where count > 0 { outcome.answers[status] = count }
        return outcome
    }

    /// Whether the book's requests are all sent.
    var isThrough: Bool { !plan.repeats && next >= book.count }

    private func turn(_ timeoutMs: Int32) throws(StackFailure) {
        let count = poll(&entries, nfds_t(entries.count), timeoutMs)
        if count < 0, errno != EINTR { throw StackFailure("poll", errno: errno) }
        guard count > 0 else { return }
        for index in entries.indices where entries[index].revents != 0 { try receive(index) }
    }

    private func send(_ index: Int) throws(StackFailure) {
        guard !isEnding else { return }
        if plan.repeats, next + plan.depth > book.count { next = plan.first }
        let count = min(plan.depth, book.count - next)
        guard count > 0 else { return }
        connections[index].pending = book.range(next, count)
        connections[index].open = count
        next += count
        // A blocking write: the peer reads, and a pipeline fits the socket's buffer many times over.
        while !connections[index].pending.isEmpty {
            let range = connections[index].pending
            let sent = book.bytes.withUnsafeBytes { bytes in
                Glibc.send(
                    connections[index].descriptor, bytes.baseAddress! + range.lowerBound, range.count,
                    Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { throw StackFailure("send", errno: errno) }
            connections[index].pending = range.lowerBound + sent..<range.upperBound
        }
    }

    private func receive(_ index: Int) throws(StackFailure) {
        let count = recv(
            connections[index].descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { throw StackFailure("the server closed a connection", errno: errno) }
        var answered = 0
        let isSound = connections[index].answers.take(
            UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])
        ) { status in
            answered += 1
            tallies[min(status, 999)] += 1
        }
        guard isSound, answered <= connections[index].open else {
            throw StackFailure("the server's answers cannot be understood")
        }
        connections[index].open -= answered
        if connections[index].open == 0 { try send(index) }
    }
}
