import Glibc

/// Reads one answer of HTTP/1.1 (RFC 9112), from whatever pieces it comes in.
///
/// Strict where leniency would mean to guess where an answer ends: lengths that conflict, a length beside
/// chunks, malformed chunks and folded or nameless fields are all `malformed`. A bare LF ends a line of the
/// head, as the RFC allows. Interim answers (1xx) are skipped. Bounded: the head with trailers and chunk
/// extensions by `maxHeadBytes`, the body by what the caller wants kept and `maxDroppedBytes` beyond it.
struct ResponseParser {
    enum Progress: Equatable {
        case more
        /// The answer is complete.
        case done
        /// More than anybody wants to read: the answer counts, the connection does not.
        case cut
        case malformed(StaticString)

        static func == (left: Progress, right: Progress) -> Bool {
            switch (left, right) {
            case (.more, .more), (.done, .done), (.cut, .cut), (.malformed, .malformed): true
            default: false
            }
        }
    }

    /// Status line, fields, trailers and chunk extensions, interim answers included.
    static let maxHeadBytes = 65_536
    /// Beyond the bytes kept, so many are read and dropped to keep the connection.
    static let maxDroppedBytes = 65_536
    static let maxInterimAnswers = 16

    enum State {
        case statusLine, fields, fixed, untilClose
        case chunkSize, chunk, chunkCR, chunkLF, trailers
        case done, failed
    }

    private(set) var state = State.statusLine
    private(set) var body: [UInt8] = []
    private(set) var isTruncated = false
    var head = ResponseHead()
    private var maxBodyBytes: Int
    private var droppedBytes = 0
    private var headBytes = 0
    private var interimAnswers = 0
    /// Of the fixed body or the chunk: bytes still to come.
    private var remaining = 0
    /// A line that has begun.
    private var line: [UInt8] = []

    init(maxBodyBytes: Int) { self.maxBodyBytes = maxBodyBytes }

    /// Whether another request may go over the connection after this answer.
    var keepsConnection: Bool { state == .done && head.keepsConnection && head.isDelimited }

    /// Starts over for the next answer.
    mutating func reset(maxBodyBytes: Int) {
        self.maxBodyBytes = maxBodyBytes
        state = .statusLine
        body = []
        isTruncated = false
        head = ResponseHead()
        (droppedBytes, headBytes, interimAnswers, remaining) = (0, 0, 0, 0)
        line.removeAll(keepingCapacity: true)
    }

    /// Hands the body over.
    mutating func takeBody() -> [UInt8] {
        defer { body = [] }
        return body
    }

    /// Reads on from `offset`, which it moves; after anything but `more` nothing further is read.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Progress {
        while true {
            let fault: StaticString?
            switch state {
            case .statusLine, .fields, .chunkSize, .trailers: fault = feedLine(bytes, &offset)
            case .fixed, .chunk, .untilClose:
                if !take(bytes, &offset) {
                    state = .failed
                    return .cut
                }
                fault = nil
            case .chunkCR: fault = expect(13, then: .chunkLF, bytes, &offset)
            case .chunkLF: fault = expect(10, then: .chunkSize, bytes, &offset)
            case .done: return .done
            case .failed: return .malformed("the answer has failed already")
            }
            if let fault {
                state = .failed
                return .malformed(fault)
            }
            if offset == bytes.count, state != .done { return .more }
        }
    }

    /// The connection has ended: whether that completes the answer.
    mutating func end() -> Bool {
        guard state == .untilClose else { return false }
        state = .done
        return true
    }

    private mutating func expect(
        _ byte: UInt8, then next: State, _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
    ) -> StaticString? {
        guard offset < bytes.count else { return nil }
        guard bytes[offset] == byte else { return "a chunk longer than it says" }
        offset += 1
        state = next
        return nil
    }

    /// Takes what there is of the body; false when it is too much.
    private mutating func take(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Bool {
        let available = bytes.count - offset
        let count = state == .untilClose ? available : min(available, remaining)
        let kept = min(count, maxBodyBytes - body.count)
        body.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + kept)]))
        if kept < count {
            isTruncated = true
            droppedBytes += count - kept
            if droppedBytes > Self.maxDroppedBytes { return false }
        }
        offset += count
        if state != .untilClose {
            remaining -= count
            if remaining == 0 { state = state == .fixed ? .done : .chunkCR }
        }
        return true
    }

    private mutating func feedLine(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> StaticString? {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
        guard !rest.isEmpty, let start = rest.baseAddress else { return nil }
        let end = memchr(start, 10, rest.count).map { start.distance(to: UnsafeRawPointer($0)) }
        let count = end.map { $0 + 1 } ?? rest.count
        headBytes += count
        offset += count
        guard headBytes <= Self.maxHeadBytes else { return "an endless head" }
        guard let end else {
            line.append(contentsOf: rest)
            return state == .statusLine ? line.withUnsafeBytes(ResponseHead.beginning) : nil
        }
        let piece = UnsafeRawBufferPointer(rebasing: rest[..<end])
        if line.isEmpty { return lineEnded(piece) }
        line.append(contentsOf: piece)
        let whole = line
        line = []
        return whole.withUnsafeBytes { lineEnded($0) }
    }

    /// - Parameter ended: without its LF.
    private mutating func lineEnded(_ ended: UnsafeRawBufferPointer) -> StaticString? {
        let hasReturn = ended.last == 13
        let line = UnsafeRawBufferPointer(rebasing: hasReturn ? ended.dropLast() : ended[...])
        switch state {
        case .statusLine:
            state = .fields
            return head.readStatusLine(line)
        case .fields: return line.isEmpty ? headEnded() : head.readField(line)
        case .chunkSize: return hasReturn ? chunkBegins(line) : "a chunk's line that ends with a bare LF"
        default:
            if line.isEmpty { state = .done }
            return line.isEmpty ? nil : head.readTrailer(line)
        }
    }

    private mutating func headEnded() -> StaticString? {
        if head.status < 200 {
            // Nobody asked to switch protocols.
            guard head.status != 101, interimAnswers < Self.maxInterimAnswers else {
                return "an interim answer out of place"
            }
            interimAnswers += 1
            head = ResponseHead()
            state = .statusLine
            return nil
        }
        if let fault = head.fault { return fault }
        if head.isBodiless {
            state = .done
        } else if head.isChunked {
            state = .chunkSize
        } else if let length = head.contentLength {
            remaining = length
            body.reserveCapacity(min(length, maxBodyBytes))
            state = length == 0 ? .done : .fixed
        } else {
            state = .untilClose
        }
        return nil
    }

    private mutating func chunkBegins(_ line: UnsafeRawBufferPointer) -> StaticString? {
        var size = 0
        var digits = 0
        while digits < line.count, let digit = ResponseHead.hexValue(line[digits]) {
            size = size << 4 | digit
            digits += 1
            guard digits <= ResponseHead.maxHexDigits else { return "a chunk without end" }
        }
        let rest = line[digits...].drop { $0 == 32 || $0 == 9 }
        guard digits > 0, rest.isEmpty || rest.first == UInt8(ascii: ";") else { return "a malformed chunk" }
        // Small chunks are no attack; what else stands on their lines is bounded.
        headBytes -= digits + 2
        remaining = size
        state = size == 0 ? .trailers : .chunk
        return nil
    }
}
