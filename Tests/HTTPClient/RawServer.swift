import Glibc

@testable import HTTPClient

/// A server with blocking sockets, one thread a connection, that does to its clients whatever a test says.
///
/// `@unchecked Sendable`: the count and the threads are behind the mutex, the rest is constant.
final class RawServer: @unchecked Sendable {
    let port: Int
    /// What happened, in order of happening.
    let events: AsyncStream<Event>

    enum Event: Sendable, Equatable {
        /// Method, target and body of a request that was read.
        case request(String)
        case closed
    }

    private let listener: Int32
    private let continuation: AsyncStream<Event>.Continuation
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var accepted = 0
    private var threads: [CurlThread] = []

    /// `serve` runs on a thread of its own for each connection, which is closed when it returns.
    init(_ serve: @escaping @Sendable (Connection) -> Void) {
        let (listener, port) = Self.listening(backlog: 128)
        self.listener = listener
        self.port = port
        (events, continuation) = AsyncStream.makeStream(of: Event.self)
        pthread_mutex_init(mutex, nil)
        threads.append(
            CurlThread(name: "raw-server") { [weak self, continuation] in
                while true {
                    let descriptor = accept(listener, nil, nil)
                    guard descriptor >= 0 else { return }
                    guard let self else {
                        close(descriptor)
                        return
                    }
                    self.add(Connection(descriptor: descriptor, continuation: continuation), serve)
                }
            })
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        continuation.finish()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// Connections so far; complete for every request that was seen.
    var acceptedCount: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return accepted
    }

    /// A listening socket on a free port of the loopback interface.
    static func listening(backlog: Int32) -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        precondition(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                let bound = bind(descriptor, address, length)
                let named = getsockname(descriptor, address, &length)
                precondition(bound == 0 && named == 0 && listen(descriptor, backlog) == 0)
            }
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    private func add(_ connection: Connection, _ serve: @escaping @Sendable (Connection) -> Void) {
        pthread_mutex_lock(mutex)
        accepted += 1
        threads.append(
            CurlThread(name: "raw-connection") { [continuation] in
                serve(connection)
                connection.close()
                continuation.yield(.closed)
            })
        pthread_mutex_unlock(mutex)
    }
}

/// One connection of a `RawServer`, used by its thread only.
///
/// `@unchecked Sendable`: handed to that thread once, before it runs.
final class Connection: @unchecked Sendable {
    private let descriptor: Int32
    private let continuation: AsyncStream<RawServer.Event>.Continuation
    private var bytes: [UInt8] = []
    private var isOpen = true

    init(descriptor: Int32, continuation: AsyncStream<RawServer.Event>.Continuation) {
        self.descriptor = descriptor
        self.continuation = continuation
    }

    /// Reads a whole request, head and body, and returns both; nil at the end of the connection.
    func readRequest() -> (head: String, body: String)? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let found = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) {
                let head = String(decoding: bytes[..<found], as: UTF8.self)
                let length = Self.contentLength(head)
                if bytes.count >= found + 4 + length {
                    let body = String(decoding: bytes[(found + 4)..<(found + 4 + length)], as: UTF8.self)
                    bytes.removeFirst(found + 4 + length)
                    let words = head.split(separator: " ", maxSplits: 2)
                    continuation.yield(.request("\(words[0]) \(words[1]) \(body)"))
                    return (head, body)
                }
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    /// What has arrived; empty at the end of the connection.
    func readSome() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor, &buffer, buffer.count)
        return Array(buffer.prefix(max(0, count)))
    }

    /// Adds to the server's events.
    func note(_ text: String) { continuation.yield(.request(text)) }

    func write(_ text: String) { write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// An answer that keeps the connection.
    func answer(_ status: Int, headers: [String] = [], _ body: String = "") {
        let lines = ["HTTP/1.1 \(status) Status", "Content-Length: \(body.utf8.count)"] + headers
        write(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        Glibc.close(descriptor)
    }

    /// Says that nothing more is coming.
    func endOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes with a reset instead of an orderly end.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    private static func contentLength(_ head: String) -> Int {
        for line in head.split(separator: "\r\n") {
            let parts = line.split(separator: ":")
            if parts.count == 2, parts[0].lowercased() == "content-length" {
                return Int(parts[1].drop(while: { $0 == " " })) ?? 0
            }
        }
        return 0
    }
}

/// Opens once; threads and tests wait for it.
///
/// `@unchecked Sendable`: the flag is behind the mutex.
final class Gate: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isOpen = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func open() {
        pthread_mutex_lock(mutex)
        isOpen = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Blocks the calling thread: for server threads and curl's, not for tests.
    func wait() {
        pthread_mutex_lock(mutex)
        while !isOpen { pthread_cond_wait(condition, mutex) }
        pthread_mutex_unlock(mutex)
    }
}
