/// What a request may take.
package struct RequestLimits: Sendable {
    /// Request line and fields with all line breaks; also, apart from that, a body's chunk extensions and
    /// trailers.
    package var maxHeadBytes: Int
    /// Fields, trailers included.
    package var maxFields: Int
    package var maxBodyBytes: Int

    package init(maxHeadBytes: Int, maxFields: Int, maxBodyBytes: Int) {
        self.maxHeadBytes = maxHeadBytes
        self.maxFields = maxFields
        self.maxBodyBytes = maxBodyBytes
    }
}

/// HTTP/1.1 and HTTP/1.0 requests from bytes (RFC 9112), as they come, in pieces of any size: the events are
/// the same however the bytes are cut.
///
/// It takes what the grammar allows and refuses what two readers might read in two ways. One empty line
/// before a request is passed over (section 2.2).
///
/// A value without I/O: it holds no bytes and allocates nothing. Bytes that it has not consumed must come
/// again, with more behind them; these are at most `maxHeadBytes`. Each byte of a head is looked at twice
/// (for control bytes, and line by line for its meaning), however small the pieces are.
package struct RequestParser: Sendable {
    package enum Event: Sendable, Equatable {
        /// All that can be consumed is; more bytes are needed.
        case more
        /// The head is whole and stands there; `head` says what it means. Without a body
        /// (`head.framing == .none`) the request is over; otherwise content follows.
        case head(Range<Int>)
        /// Content of the body stands there.
        case content(Range<Int>)
        /// The body is over.
        case end
        /// Nothing that follows is looked at any more.
        case refused(Refusal)
    }

    private enum State {
        /// Before a request; an empty line may come.
        case start
        /// Before a request, the empty line being gone.
        case afterEmptyLine
        case head
        /// Content of known length, 1 or more bytes left.
        case length
        case chunkFraming
        /// Content of a chunk, 1 or more bytes left.
        case chunk
        case trailers
        case refused(Refusal)
    }

    package let limits: RequestLimits
    /// The head last begun. Whole from `Event.head` on; during it only what has been read.
    package private(set) var head = RequestHead()

    private var state = State.start
    /// Since `offset`: what of the line section holds no control byte, and where the line begins.
    private var scanned = 0
    private var lineStart = 0
    private var fields = 0
    private var meaning = FieldMeaning()
    /// Of content.
    private var left = 0
    private var bodyBytes = 0
    private var framing = ChunkFraming()
    /// What extensions and trailers may still take.
    private var spare = 0

    package init(limits: RequestLimits) {
        self.limits = limits
    }

    /// Nothing of a request has come, but for a byte not consumed that may be half an empty line.
    package var isBetweenRequests: Bool {
        switch state {
        case .start, .afterEmptyLine: true
        default: false
        }
    }

    /// In, or refused in, a request whose method is known to be HEAD: its answer has no body.
    package var isInHeadRequest: Bool { !isBetweenRequests && head.method == .head }

    /// The next event in `bytes` from `offset` on, which is moved behind what is consumed. Ranges count from
    /// the beginning of `bytes`.
    @inline(__always)
    package mutating func next(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Event {
        do throws(Refusal) {
            switch state {
            case .start, .afterEmptyLine, .head: return try nextOfHead(bytes, &offset)
            case .length, .chunk: return nextOfContent(bytes, &offset)
            case .chunkFraming: return try nextOfChunks(bytes, &offset)
            case .trailers: return try nextOfTrailers(bytes, &offset)
            case .refused(let refusal): return .refused(refusal)
            }
        } catch {
            state = .refused(error)
            return .refused(error)
        }
    }

    // MARK: Head

    private mutating func nextOfHead(
        _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
    ) throws(Refusal) -> Event {
        if isBetweenRequests {
            skipEmptyLine(bytes, &offset)
            // A carriage return here may become an empty line.
            guard offset < bytes.count, !isHalfEmptyLine(bytes, offset) else { return .more }
            state = .head
            head = RequestHead()
            meaning = FieldMeaning()
            (scanned, lineStart, fields) = (0, 0, 0)
        }
        let base = offset
        while let lineEnd = try nextLine(bytes, base, limits.maxHeadBytes, .headBytes) {
            let start = base + lineStart
            lineStart = lineEnd + 2 - base
            scanned = lineStart
            if head.fieldsStart == 0 {
                try RequestLine.parse(bytes, start, lineEnd, base: base, into: &head)
                head.fieldsStart = UInt32(truncatingIfNeeded: lineStart)
            } else if lineEnd > start {
                fields += 1
                guard fields <= limits.maxFields else { throw .fieldCount }
                try meaning.take(
                    try FieldLine(bytes, start, lineEnd), bytes, base: base, into: &head)
            } else {
                try meaning.judge(&head, maxBodyBytes: limits.maxBodyBytes)
                offset = lineEnd + 2
                beginBody()
                return .head(base..<offset)
            }
        }
        return .more
    }

    private mutating func skipEmptyLine(
        _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
    ) {
        guard case .start = state, bytes.count - offset >= 2, bytes[offset] == ByteClass.carriageReturn,
            bytes[offset + 1] == ByteClass.lineFeed
        else { return }
        offset += 2
        state = .afterEmptyLine
    }

    private func isHalfEmptyLine(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Bool {
        guard case .start = state else { return false }
        return bytes.count - offset == 1 && bytes[offset] == ByteClass.carriageReturn
    }

    /// Where the line that began at `lineStart` ends, before its line break; nil when that has not come.
    ///
    /// - Parameters:
    ///   - base: what `scanned` counts from.
    ///   - most: bytes that may be taken from there; when they do not suffice, `overflow`.
    @inline(__always)
    private mutating func nextLine(
        _ bytes: UnsafeRawBufferPointer, _ base: Int, _ most: Int, _ overflow: Refusal
    ) throws(Refusal) -> Int? {
        let end = bytes.count - base > most ? base + most : bytes.count
        let stop = ByteClass.firstControl(bytes, base + scanned, end)
        scanned = stop - base
        if stop < end {
            guard bytes[stop] == ByteClass.carriageReturn else {
                throw bytes[stop] == ByteClass.lineFeed ? .bareLineFeed : .controlByte
            }
            if stop + 1 < end {
                guard bytes[stop + 1] == ByteClass.lineFeed else { throw .bareCarriageReturn }
                return stop
            }
        }
        guard end - base < most else { throw overflow }
        return nil
    }

    // MARK: Body

    private mutating func beginBody() {
        switch head.framing {
        case .none: state = .start
        case .length(let count):
            left = count
            state = .length
        case .chunked:
            framing = ChunkFraming()
            bodyBytes = 0
            spare = limits.maxHeadBytes
            state = .chunkFraming
        }
    }

    private mutating func nextOfContent(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Event {
        if left == 0 {
            state = .start
            return .end
        }
        let count = min(left, bytes.count - offset)
        guard count > 0 else { return .more }
        left -= count
        offset += count
        if left == 0, case .chunk = state {
            framing.contentEnded()
            state = .chunkFraming
        }
        return .content(offset - count..<offset)
    }

    private mutating func nextOfChunks(
        _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
    ) throws(Refusal) -> Event {
        while offset < bytes.count {
            let outcome = try framing.take(bytes[offset])
            offset += 1
            switch outcome {
            case .goesOn:
                if framing.isInExtension {
                    spare -= 1
                    guard spare > 0 else { throw .trailerBytes }
                }
            case .content(let size):
                guard size <= limits.maxBodyBytes - bodyBytes else { throw .bodyBytes }
                bodyBytes += size
                left = size
                state = .chunk
                return nextOfContent(bytes, &offset)
            case .last:
                (scanned, lineStart) = (0, 0)
                state = .trailers
                return try nextOfTrailers(bytes, &offset)
            }
        }
        return .more
    }

    /// Trailers are checked and dropped: nothing here heeds one.
    private mutating func nextOfTrailers(
        _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
    ) throws(Refusal) -> Event {
        while let lineEnd = try nextLine(bytes, offset, spare, .trailerBytes) {
            let start = offset
            offset = lineEnd + 2
            spare -= offset - start
            scanned = 0
            if lineEnd == start {
                state = .start
                return .end
            }
            fields += 1
            guard fields <= limits.maxFields else { throw .fieldCount }
            let line = try FieldLine(bytes, start, lineEnd)
            guard FieldMeaning.Name(bytes, line.name) == nil else { throw .trailerField }
        }
        return .more
    }
}
