import CLinux
import Glibc
import Wire

/// The two pipes of `--remote-debugging-pipe`: JSON messages, each ended by a NUL.
///
/// The browser reads its descriptor 3 and writes to its descriptor 4; when ours are closed, it ends.
/// Owner: one thread at a time.
final class BrowserPipe {
    /// A screenshot is one message.
    static let maxMessageBytes = 64 << 20
    private static let limits = JSONLimits(maxBytes: maxMessageBytes, maxDepth: 100, maxNodes: 1_000_000)
    private static let readBytes = 1 << 18

    /// The child's ends, in the order of its descriptors; `childHasThem` closes them here.
    let childEnds: [Int32]
    private let reading: Int32
    private var writing: Int32
    private var received: [UInt8] = []
    /// So much of `received` holds no NUL.
    private var searched = 0

    init() throws(StackFailure) {
        var down: [Int32] = [-1, -1]
        var up: [Int32] = [-1, -1]
        var failure = hb_pipe(&down)
        guard failure == 0 else { throw StackFailure("pipe", errno: failure) }
        failure = hb_pipe(&up)
        guard failure == 0 else {
            close(down[0])
            close(down[1])
            throw StackFailure("pipe", errno: failure)
        }
        childEnds = [down[0], up[1]]
        writing = down[1]
        reading = up[0]
    }

    deinit {
        close(reading)
        endSending()
    }

    /// Nothing more is sent; the other side reads its end.
    func endSending() {
        if writing >= 0 { close(writing) }
        writing = -1
    }

    /// Once the child has been started: only then is its end the end of the pipe.
    func childHasThem() {
        for end in childEnds { close(end) }
    }

    func send(_ message: [UInt8]) throws(StackFailure) {
        var rest = (message + [0])[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(writing, $0.baseAddress, $0.count) }
            guard count > 0 else { throw StackFailure("the browser's pipe", errno: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// The next message; nil when the deadline passes first.
    func next(until deadline: Deadline) throws(StackFailure) -> JSONObject? {
        while true {
            if let end = received[searched...].firstIndex(of: 0) {
                let message = Array(received[..<end])
                received.removeFirst(end + 1)
                searched = 0
                guard case .object(let object)? = try? JSON.parse(message, limits: Self.limits) else {
                    throw StackFailure("the browser sent no JSON object of a bearable size")
                }
                return object
            }
            searched = received.count
            guard received.count <= Self.maxMessageBytes else {
                throw StackFailure("the browser's message has no end")
            }
            guard hb_wait_readable(reading, deadline.remainingMs) != 0 else { return nil }
            let more = [UInt8](unsafeUninitializedCapacity: Self.readBytes) { buffer, count in
                count = max(0, read(reading, buffer.baseAddress, buffer.count))
            }
            guard !more.isEmpty else { throw StackFailure("the browser has ended") }
            received += more
        }
    }
}
