import NIOCore
import Wire

/// One whole request: its body is complete and within the limits.
///
/// The head is kept as the bytes that came, in the buffer that they were read into; a field is looked for
/// when it is asked for.
package struct HTTPRequest: Sendable {
    package enum Method: Sendable, Equatable {
        case get, head, post, put, patch, delete, options
        /// Never from the server, which refuses what it does not know.
        case other(String)
    }

    package let method: Method
    package let body: ByteBuffer
    /// The peer's IP address without its port; empty when it has none.
    package let remoteAddress: String
    /// The same in bits; nil when it has none. Behind a proxy see ``clientAddress(trusting:)``.
    package let peer: IPAddress?
    /// Request line and fields, ending with an empty line.
    private let head: ByteBuffer
    private let meaning: RequestHead

    /// - Parameters:
    ///   - head: the bytes that `meaning` has been read from.
    init(
        head: ByteBuffer, meaning: RequestHead, body: ByteBuffer, remoteAddress: String, peer: IPAddress?
    ) {
        method = Method(meaning.method)
        self.peer = peer
        self.head = head
        self.meaning = meaning
        self.body = body
        self.remoteAddress = remoteAddress
    }

    /// A request made by hand, as tests of a service do. A line break in a field is taken as a space.
    package init(
        method: Method, target: String, headers: [(String, String)] = [], body: ByteBuffer = ByteBuffer(),
        remoteAddress: String = "127.0.0.1"
    ) {
        var bytes: [UInt8] = Array("- ".utf8)
        var meaning = RequestHead()
        meaning.target = ByteSpan(bytes.count, bytes.count + target.utf8.count)
        bytes.append(contentsOf: target.utf8)
        meaning.path = bytes.withUnsafeBytes { bytes in
            guard let path = try? RequestTarget.path(bytes, 2, bytes.count) else {
                return ByteSpan(bytes.count + 5, bytes.count + 6)
            }
            return ByteSpan(path.lowerBound, path.upperBound)
        }
        // The slash of the version is the path of a target that has none.
        bytes.append(contentsOf: " HTTP/1.1\r\n".utf8)
        meaning.fieldsStart = UInt32(bytes.count)
        for (name, value) in headers {
            bytes.append(contentsOf: name.utf8)
            bytes.append(contentsOf: ": ".utf8)
            let start = bytes.count
            let trimmed = value.utf8.drop(while: ByteClass.isBlank).reversed().drop(while: ByteClass.isBlank)
            bytes.append(contentsOf: trimmed.reversed().map { $0 == 0x0D || $0 == 0x0A ? 0x20 : $0 })
            let name = name.utf8.map { $0 | 0x20 }
            if meaning.authorization.isEmpty, name.elementsEqual("authorization".utf8) {
                meaning.authorization = ByteSpan(start, bytes.count)
            }
            bytes.append(contentsOf: "\r\n".utf8)
        }
        bytes.append(contentsOf: "\r\n".utf8)
        self.method = method
        self.body = body
        self.remoteAddress = remoteAddress
        peer = IPAddress(remoteAddress)
        self.meaning = meaning
        head = ByteBuffer(bytes: bytes)
    }

    // MARK: Target

    /// The request target as it was sent.
    package var target: String { text(meaning.target.range) }

    /// The target up to `?`, still percent-encoded; of an absolute target only its path.
    package var path: String { text(meaning.path.range) }

    /// Whether that is the path; makes no String.
    package func hasPath(_ path: StaticString) -> Bool {
        head.withUnsafeReadableBytes { bytes in
            let span = UnsafeRawBufferPointer(rebasing: bytes[meaning.path.range])
            return path.withUTF8Buffer { span.elementsEqual($0) }
        }
    }

    /// What follows `prefix` in the path when that is one non-empty segment, as in `/v1/orders/{order}`.
    package func pathSegment(after prefix: String) -> Substring? {
        let path = path
        guard path.utf8.count > prefix.utf8.count, path.hasPrefix(prefix) else { return nil }
        let rest = path[path.utf8.index(path.startIndex, offsetBy: prefix.utf8.count)...]
        return rest.utf8.contains(UInt8(ascii: "/")) ? nil : rest
    }

    /// The query's pairs in order, `+` and percent-encoding decoded, ill-formed UTF-8 repaired.
    package var query: [(String, String)] {
        hasQuery ? QueryString.pairs(of: target) : []
    }

    /// The first query value of that name.
    package func query(_ name: String) -> String? {
        query.first { $0.0 == name }?.1
    }

    /// Whether a `?` follows the path.
    package var hasQuery: Bool {
        head.withUnsafeReadableBytes { $0[meaning.target.range].contains(UInt8(ascii: "?")) }
    }

    // MARK: Fields

    /// The first field of that name, in any case; nil when there is none.
    package func header(_ name: String) -> String? {
        var name = name
        return name.withUTF8 { name in
            head.withUnsafeReadableBytes { bytes in
                var lines = FieldLines(bytes, start: Int(meaning.fieldsStart))
                while let line = lines.next() {
                    if ByteClass.matches(bytes[line.name], name) {
                        return Self.text(bytes, line.value)
                    }
                }
                return nil
            }
        }
    }

    /// Gives the values of the last fields of that name, at most eight, the last one first, where they stand:
    /// nothing is allocated. `name` is in lower case; the pointer is good during the call only.
    ///
    /// - Parameter body: returns whether it wants the one before, too.
    package func withLastFields(_ name: StaticString, _ body: (UnsafeBufferPointer<UInt8>) -> Bool) {
        head.withUnsafeReadableBytes { bytes in
            var places = InlineArray<8, ByteSpan>(repeating: ByteSpan(0, 0))
            var count = 0
            var lines = FieldLines(bytes, start: Int(meaning.fieldsStart))
            while let line = lines.next() {
                guard name.withUTF8Buffer({ ByteClass.matches(bytes[line.name], $0) }) else { continue }
                places[count & 7] = ByteSpan(line.value.lowerBound, line.value.upperBound)
                count += 1
            }
            for index in stride(from: count - 1, through: max(0, count - 8), by: -1) {
                let value = UnsafeRawBufferPointer(rebasing: bytes[places[index & 7].range])
                guard body(value.bindMemory(to: UInt8.self)) else { return }
            }
        }
    }

    /// The token of `Authorization: Bearer <token>`; nil with another scheme or none.
    package var bearerToken: Substring? {
        var text: Substring?
        withBearerToken { text = Substring(decoding: $0, as: UTF8.self) }
        return text
    }

    /// Calls `body` with the bytes of the bearer token where they stand: nothing is allocated. The pointer is
    /// good during the call only. Not generic, so that no caller in another module pays for metadata.
    ///
    /// - Returns: false, and `body` is not called, with another scheme or none.
    @discardableResult
    package func withBearerToken(_ body: (UnsafeBufferPointer<UInt8>) -> Void) -> Bool {
        head.withUnsafeReadableBytes { bytes in
            let span = meaning.authorization.range
            guard span.count >= 7,
                ByteClass.matches(bytes, span.lowerBound, span.lowerBound + 7, "bearer ")
            else { return false }
            let token = UnsafeRawBufferPointer(rebasing: bytes[span.dropFirst(7)])
            body(
                UnsafeBufferPointer(
                    start: token.assumingMemoryBound(to: UInt8.self).baseAddress, count: token.count))
            return true
        }
    }

    private func text(_ range: Range<Int>) -> String {
        head.withUnsafeReadableBytes { Self.text($0, range) }
    }

    private static func text(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    }
}

extension HTTPRequest.Method {
    init(_ method: RequestMethod) {
        switch method {
        case .get: self = .get
        case .head: self = .head
        case .post: self = .post
        case .put: self = .put
        case .patch: self = .patch
        case .delete: self = .delete
        case .options: self = .options
        }
    }
}
