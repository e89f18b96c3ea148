import CHiredis

/// hiredis's incremental reply reader, building `RedisReply` values as it parses.
///
/// hiredis calls the object functions below depth first, in the order of the bytes, so a stack of
/// unfinished arrays is all the state there is; nothing is allocated on the C side but the read
/// buffer. The reader moves what it has left to the front after a reply and gives back a large
/// buffer only when it is empty, so it is fed at most `feedLimit` bytes before its replies are taken:
/// more would make that moving quadratic. Version 0.14.1 knows RESP2 only, seven arrays deep.
/// Owner: the connection's event loop.
final class RedisReplyReader {
    static let feedLimit = 16 * 1024
    /// Room made ahead for an array whose length is only announced: a lie costs no more than this.
    private static let reserveLimit = 1024
    /// No element is shorter than `+\r\n`.
    private static let minElementBytes = 3

    private let reader: UnsafeMutablePointer<redisReader>
    /// hiredis keeps a pointer to the table, so it lives as long as the reader.
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let maxReplyBytes: Int
    /// Bytes fed since the last whole reply, counted here because hiredis has no bound of its own.
    private var unfinishedBytes = 0

    private struct OpenArray {
        var elements: [RedisReply]
        var missing: Int
    }
    private var open: [OpenArray] = []
    private var finished: RedisReply?

    init(maxReplyBytes: Int) {
        self.maxReplyBytes = maxReplyBytes
        functions = .allocate(capacity: 1)
        functions.initialize(to: Self.objectFunctions)
        guard let reader = redisReaderCreateWithFunctions(functions) else {
            fatalError("redisReaderCreateWithFunctions: out of memory")
        }
        self.reader = reader
        // Unretained: the context is used only inside calls made from this object's own methods.
        hb_redis_reader_set_context(reader, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        redisReaderFree(reader)
        functions.deinitialize(count: 1)
        functions.deallocate()
    }

    /// Gives at most `feedLimit` bytes to the reader; take all replies with `next` before the next call.
    func feed(_ bytes: UnsafeRawBufferPointer) throws(RedisProtocolFault) {
        precondition(bytes.count <= Self.feedLimit, "fed more than the reader digests well")
        guard let base = bytes.baseAddress else { return }
        unfinishedBytes += bytes.count
        let status = redisReaderFeed(reader, base.assumingMemoryBound(to: CChar.self), bytes.count)
        guard status == REDIS_OK else { throw fault() }
    }

    /// The next whole reply, or nil when more bytes are needed.
    ///
    /// - Throws: `RedisProtocolFault` when the bytes are no protocol or a reply exceeds its bound; the
    ///   reader is then of no more use.
    func next() throws(RedisProtocolFault) -> RedisReply? {
        var object: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &object) == REDIS_OK else { throw fault() }
        guard object != nil, let reply = finished else {
            if unfinishedBytes > maxReplyBytes {
                throw RedisProtocolFault(reason: "a reply is longer than \(maxReplyBytes) bytes")
            }
            return nil
        }
        finished = nil
        unfinishedBytes = hb_redis_reader_unread(reader)
        return reply
    }

    private func fault() -> RedisProtocolFault {
        let reason = withUnsafeBytes(of: &reader.pointee.errstr) { text in
            String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
        }
        return RedisProtocolFault(reason: refusal ?? reason)
    }

    // MARK: - Called by hiredis, inside `next`

    private var refusal: String?

    /// Takes a whole value: into the innermost unfinished array, closing those that it fills.
    private func take(_ value: RedisReply) {
        var value = value
        while let last = open.indices.last {
            open[last].elements.append(value)
            open[last].missing -= 1
            if open[last].missing > 0 { return }
            value = .array(open.removeLast().elements)
        }
        finished = value
    }

    /// - Returns: false when the announced length cannot fit into the bound of a reply.
    private func beginArray(count: Int) -> Bool {
        guard count <= maxReplyBytes / Self.minElementBytes else {
            refusal = "an array of \(count) elements is longer than \(maxReplyBytes) bytes"
            return false
        }
        guard count > 0 else {
            take(.array([]))
            return true
        }
        var elements: [RedisReply] = []
        elements.reserveCapacity(min(count, Self.reserveLimit))
        open.append(OpenArray(elements: elements, missing: count))
        return true
    }

    /// The reader stores what these return as "the object" and only compares it with NULL, which means
    /// out of memory; the values themselves go to the context.
    private static let objectFunctions = redisReplyObjectFunctions(
        createString: { task, text, count in
            let bytes = UnsafeRawBufferPointer(start: text, count: count)
            let value: RedisReply =
                switch task!.pointee.type {
                case REDIS_REPLY_STATUS: .simple(String(decoding: bytes, as: UTF8.self))
                case REDIS_REPLY_ERROR: .error(String(decoding: bytes, as: UTF8.self))
                default: .bulk([UInt8](bytes))
                }
            RedisReplyReader.of(task).take(value)
            return RedisReplyReader.someObject
        },
        createArray: { task, count in
            RedisReplyReader.of(task).beginArray(count: Int(count)) ? RedisReplyReader.someObject : nil
        },
        createInteger: { task, value in
            RedisReplyReader.of(task).take(.integer(value))
            return RedisReplyReader.someObject
        },
        createNil: { task in
            RedisReplyReader.of(task).take(.null)
            return RedisReplyReader.someObject
        },
        freeObject: { _ in })

    private static var someObject: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: 1) }

    private static func of(_ task: UnsafePointer<redisReadTask>?) -> RedisReplyReader {
        Unmanaged.fromOpaque(task!.pointee.privdata).takeUnretainedValue()
    }
}

/// The server sent bytes that cannot be read on; the connection is over.
struct RedisProtocolFault: Error, Equatable, CustomStringConvertible {
    var reason: String

    var description: String { reason }
}
