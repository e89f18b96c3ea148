/// Finds the ends of HTTP/1.1 answers in a stream: status and Content-Length, nothing else. For a load
/// generator whose server is known; chunks and answers without a length are errors.
package struct AnswerScanner: Sendable {
    /// What a chunk of the stream has brought.
    package enum Event: Sendable, Equatable {
        /// The answer goes on.
        case more
        case answer(status: Int)
        /// The stream cannot be understood; the connection is of no use any more.
        case broken
    }

    /// The head so far, as long as it is not whole.
    private var head: [UInt8] = []
    private var status = 0
    /// Bytes of the body that are still to come; nil = in the head.
    private var bodyLeft: Int?
    private static let maxHeadBytes = 16_384

    package init() {}

    /// Takes the next bytes of the stream, which must not go past the end of the present answer: one request
    /// at a time is on its way.
    package mutating func take(_ bytes: UnsafeRawBufferPointer) -> Event {
        guard let left = bodyLeft else { return takeHead(bytes) }
        return takeBody(bytes.count, of: left)
    }

    private mutating func takeBody(_ count: Int, of left: Int) -> Event {
        guard count <= left else { return .broken }
        if count < left {
            bodyLeft = left - count
            return .more
        }
        bodyLeft = nil
        return .answer(status: status)
    }

    private mutating func takeHead(_ bytes: UnsafeRawBufferPointer) -> Event {
        // Mostly the head comes whole, in one piece.
        if head.isEmpty, let end = Self.endOfHead(bytes) {
            return begin(UnsafeRawBufferPointer(rebasing: bytes[..<end]), bodyBytes: bytes.count - end)
        }
        head.append(contentsOf: bytes)
        guard head.count <= Self.maxHeadBytes else { return .broken }
        let whole = head
        return whole.withUnsafeBytes { whole in
            guard let end = Self.endOfHead(whole) else { return .more }
            head.removeAll(keepingCapacity: true)
            return begin(UnsafeRawBufferPointer(rebasing: whole[..<end]), bodyBytes: whole.count - end)
        }
    }

    private mutating func begin(_ head: UnsafeRawBufferPointer, bodyBytes: Int) -> Event {
        guard let status = Self.status(head), let length = Self.contentLength(head) else { return .broken }
        self.status = status
        return takeBody(bodyBytes, of: length)
    }

    /// The offset just past the empty line.
    private static func endOfHead(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 3
        while index < bytes.count {
            if bytes[index] == 0x0a, bytes[index - 1] == 0x0d, bytes[index - 2] == 0x0a { return index + 1 }
            index += 1
        }
        return nil
    }

    /// `HTTP/1.1 200 …`
    private static func status(_ head: UnsafeRawBufferPointer) -> Int? {
        guard head.count >= 12, head.starts(with: "HTTP/1.1 ".utf8) else { return nil }
        return decimal(head, from: 9)
    }

    private static func contentLength(_ head: UnsafeRawBufferPointer) -> Int? {
        let name = Array("content-length:".utf8)
        var start = 0
        while start + name.count < head.count {
            let matches = name.indices.allSatisfy { offset in
                let byte = head[start + offset]
                let lower = (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
                return lower == name[offset]
            }
            if matches {
                var value = start + name.count
                while value < head.count, head[value] == 0x20 { value += 1 }
                return decimal(head, from: value)
            }
            guard let lineEnd = head[start...].firstIndex(of: 0x0a) else { return nil }
            start = lineEnd + 1
        }
        return nil
    }

    private static func decimal(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var value = 0
        var index = start
        while index < bytes.count, (0x30...0x39).contains(bytes[index]), value < 1 << 40 {
            value = value * 10 + Int(bytes[index] - 0x30)
            index += 1
        }
        return index == start ? nil : value
    }
}
