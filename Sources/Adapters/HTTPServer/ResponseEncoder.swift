import NIOCore

/// Writes a response's bytes. The version sent is always HTTP/1.1, as RFC 9110 section 2.5 asks of a server
/// that conforms to it; what a 1.0 client cannot read (chunks) is never sent.
enum ResponseEncoder {
    /// How the connection goes on after the response.
    enum Persistence {
        /// The version's default, no field needed.
        case implied
        /// An HTTP/1.0 client that asked for it.
        case keepAlive
        case close
    }

    /// - Parameters:
    ///   - date: the whole `date` line with its line break.
    ///   - withoutBody: the request was HEAD: all fields as for GET, no body.
    static func append(
        _ response: HTTPResponse, to out: inout ByteBuffer, date: [UInt8], persistence: Persistence,
        withoutBody: Bool
    ) {
        let count = response.body.count
        out.reserveCapacity(minimumWritableBytes: 256 + count)
        if let line = StatusLine.whole(response.status) {
            out.writeStaticString(line)
        } else {
            precondition((200...599).contains(response.status), "a status that no response may have")
            out.writeStaticString("HTTP/1.1 ")
            appendDecimal(response.status, to: &out)
            out.writeStaticString(" ")
            out.writeStaticString(StatusLine.phrase(response.status))
            out.writeStaticString("\r\n")
        }
        out.writeBytes(date)
        if let type = response.contentType {
            out.writeStaticString("content-type: ")
            appendValue(type, to: &out)
        }
        // RFC 9110 section 8.6: never with 204; with 304 it would be that of the 200 not sent.
        if response.status != 204, response.status != 304 {
            out.writeStaticString("content-length: ")
            appendDecimal(count, to: &out)
            out.writeStaticString("\r\n")
        }
        for (name, value) in response.headers {
            out.writeString(name)
            out.writeStaticString(": ")
            appendValue(value, to: &out)
        }
        switch persistence {
        case .implied: out.writeStaticString("\r\n")
        case .keepAlive: out.writeStaticString("connection: keep-alive\r\n\r\n")
        case .close: out.writeStaticString("connection: close\r\n\r\n")
        }
        guard !withoutBody, response.status != 204, response.status != 304 else { return }
        switch response.body {
        case .none: break
        case .bytes(let bytes): out.writeBytes(bytes)
        case .buffer(let buffer): out.writeImmutableBuffer(buffer)
        }
    }

    /// A value must not end its line early: that would let it forge fields or a whole response.
    private static func appendValue(_ value: String, to out: inout ByteBuffer) {
        let start = out.writerIndex
        out.writeString(value)
        let unsafe = out.withUnsafeReadableBytes { bytes in
            bytes[(bytes.count - value.utf8.count)...].contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 }
        }
        if unsafe {
            out.moveWriterIndex(to: start)
            out.writeBytes(value.utf8.map { $0 == 0x0D || $0 == 0x0A || $0 == 0 ? 0x20 : $0 })
        }
        out.writeStaticString("\r\n")
    }

    static func appendDecimal(_ value: Int, to out: inout ByteBuffer) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { room in
            var at = room.count
            var rest = value.magnitude
            repeat {
                at -= 1
                room[at] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            out.writeBytes(UnsafeRawBufferPointer(rebasing: room[at...]))
        }
    }
}
