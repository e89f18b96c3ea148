import Glibc

/// One connection of the plain path with the exchange that runs over it: a request written from one buffer,
/// an answer read by `ResponseParser`. One request at a time, each written at most once.
///
/// Owned by the curl thread. The socket was made and connected by libcurl and then handed over; its owner is
/// the pool in `CurlLoop`, which closes it.
final class PlainConnection {
    /// What a step has brought.
    enum Step {
        case pending
        /// The exchange is over. `isReusable`: another may follow on the connection.
        case ended(HTTPClientOutcome, isReusable: Bool)
        /// The request could not even begin to be written.
        case unwritten(HTTPClientFailure)
    }

    /// A larger buffer is given back while the connection rests.
    static let maxKeptCapacity = 16_384

    let descriptor: Int32
    let host: HostQueue
    /// The request, head and body; kept for its capacity.
    var outgoing: [UInt8] = []
    private(set) var isLive = false
    private(set) var token: UInt64 = 0
    private(set) var startedNs: UInt64 = 0
    private(set) var deadlineNs: UInt64 = .max
    /// Since when it has been idle.
    private(set) var idleSinceNs: UInt64 = 0
    /// When an idle one is not to be used any more.
    private(set) var idleUntilNs: UInt64 = 0
    private var written = 0
    private var parser = ResponseParser(maxBodyBytes: 0)

    init(descriptor: Int32, host: HostQueue) {
        self.descriptor = descriptor
        self.host = host
    }

    /// Whether bytes of the request wait for the socket to take them.
    var isWriting: Bool { isLive && written < outgoing.count }

    /// Nothing to read, no end, no error: what an idle connection has to be. Asked right before a request
    /// is written, so that bytes from before it are never taken for its answer, and that a connection which
    /// its server has closed meanwhile is left alone while nothing is written yet.
    var isQuiet: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) < 0
            && errno == EAGAIN
    }

    /// Starts the exchange whose bytes are in `outgoing`.
    func begin(token: UInt64, maxResponseBytes: Int, startedNs: UInt64, deadlineNs: UInt64) -> Step {
        (self.token, self.startedNs, self.deadlineNs) = (token, startedNs, deadlineNs)
        isLive = true
        written = 0
        parser.reset(maxBodyBytes: maxResponseBytes)
        guard let code = write() else { return .pending }
        // Nobody has seen a byte of it, so that it never left; else the answer may be there all the same.
        return written == 0 ? .unwritten(Self.broken(code, "writing")) : .pending
    }

    /// Reads and writes whatever can be, after its socket became ready.
    func proceed(_ room: UnsafeMutableRawBufferPointer) -> Step {
        while true {
            let count = recv(descriptor, room.baseAddress, room.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                if let step = take(UnsafeRawBufferPointer(rebasing: room[..<count])) { return step }
                continue
            }
            if count == 0 { return end(nil) }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // A socket that no longer takes bytes says so when it is read.
                if isWriting { _ = write() }
                return .pending
            case let code: return end(code)
            }
        }
    }

    /// How it ends when it is cut short.
    func outcome(cutShort kind: HTTPClientFailure.Kind, _ message: String) -> HTTPClientOutcome {
        let failure = HTTPClientFailure(kind: kind, code: 0, message: message)
        return written > 0 ? .mayHaveLeft(failure) : .neverLeft(failure)
    }

    /// The exchange is over.
    func finish() { isLive = false }

    /// Idle from now on, for at most `maxIdleNs`, and less if the server said that it will close earlier.
    func rest(nowNs: UInt64, maxIdleNs: UInt64) {
        if outgoing.capacity > Self.maxKeptCapacity { outgoing = [] }
        idleSinceNs = nowNs
        idleUntilNs = nowNs + maxIdleNs
        if let hintS = parser.head.idleHintS {
            // A second earlier, since both count from different times.
            idleUntilNs = min(idleUntilNs, nowNs + UInt64(max(0, hintS - 1)) * 1_000_000_000)
        }
    }

    /// Writes on; returns the error, if any.
    private func write() -> Int32? {
        while written < outgoing.count {
            let count = outgoing.withUnsafeBytes { bytes in
                send(
                    descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written,
                    Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count >= 0 {
                written += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: return nil
            case let code: return code
            }
        }
        return nil
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Step? {
        var offset = 0
        switch parser.feed(bytes, &offset) {
        case .more: return nil
        case .done:
            // More than one answer to one request: nobody knows what the rest belongs to.
            return .ended(
                .answered(response()),
                isReusable: parser.keepsConnection && offset == bytes.count && !isWriting)
        case .cut: return .ended(.answered(response()), isReusable: false)
        case .malformed(let what):
            let failure = HTTPClientFailure(kind: .malformed, code: 0, message: what.description)
            return ended(failure)
        }
    }

    private func end(_ code: Int32?) -> Step {
        if code == nil, parser.end() { return .ended(.answered(response()), isReusable: false) }
        return ended(Self.broken(code ?? 0, "reading"))
    }

    private func ended(_ failure: HTTPClientFailure) -> Step {
        .ended(written > 0 ? .mayHaveLeft(failure) : .neverLeft(failure), isReusable: false)
    }

    private func response() -> HTTPClientResponse {
        let status = parser.head.status
        var retryAfterS: Int64?
        if status >= 300, let value = parser.head.retryAfter {
            retryAfterS = RetryAfter.seconds(value, nowS: Int64(time(nil)))
        }
        return HTTPClientResponse(
            status: status, retryAfterS: retryAfterS, body: parser.takeBody(), isTruncated: parser.isTruncated
        )
    }

    private static func broken(_ code: Int32, _ doing: String) -> HTTPClientFailure {
        let why = code == 0 ? "the connection was closed" : String(cString: strerror(code))
        return HTTPClientFailure(kind: .broken, code: 0, message: "\(doing): \(why)")
    }
}
