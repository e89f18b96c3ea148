import Glibc
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

    /// What all but fields and body can take: status line, date, names and numbers, connection.
    private static let fixedRoom = 256

    /// Makes room once and copies each piece to its place.
    ///
    /// - Parameters:
    ///   - date: the whole `date` line with its line break.
    ///   - withoutBody: the request was HEAD: all fields as for GET, no body.
    static func append(
        _ response: HTTPResponse, to out: inout ByteBuffer, date: [UInt8], persistence: Persistence,
        withoutBody: Bool
    ) {
        let status = response.status
        precondition((200...599).contains(status), "a status that no response may have")
        // RFC 9110 section 8.6: never with 204; with 304 it would be that of the 200 not sent.
        let isBodiless = status == 204 || status == 304
        var room = fixedRoom + (response.contentType?.utf8.count ?? 0)
        for (name, value) in response.headers { room += name.utf8.count + value.utf8.count + 4 }
        if !withoutBody, !isBodiless { room += response.body.count }
        _ = out.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { space in
            var pen = Pen(space)
            pen.status(status)
            pen.bytes(date)
            if let type = response.contentType {
                pen.literal("content-type: ")
                pen.value(type)
            }
            if !isBodiless {
                pen.literal("content-length: ")
                pen.decimal(response.body.count)
                pen.literal("\r\n")
            }
            for (name, value) in response.headers {
                pen.text(name)
                pen.literal(": ")
                pen.value(value)
            }
            switch persistence {
            case .implied: pen.literal("\r\n")
            case .keepAlive: pen.literal("connection: keep-alive\r\n\r\n")
            case .close: pen.literal("connection: close\r\n\r\n")
            }
            if !withoutBody, !isBodiless {
                switch response.body {
                case .none: break
                case .bytes(let bytes): pen.bytes(bytes)
                case .buffer(let buffer): buffer.withUnsafeReadableBytes { pen.raw($0) }
                }
            }
            precondition(pen.written <= room, "more was written than was made room for")
            return pen.written
        }
    }
}

/// Writes into room that is known to suffice.
private struct Pen {
    private let space: UnsafeMutableRawBufferPointer
    private(set) var written = 0

    init(_ space: UnsafeMutableRawBufferPointer) {
        self.space = space
    }

    private var place: UnsafeMutableRawPointer { space.baseAddress! + written }

    @inline(__always)
    mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        guard let from = bytes.baseAddress else { return }
        precondition(bytes.count <= space.count - written, "no room")
        memcpy(place, from, bytes.count)
        written += bytes.count
    }

    mutating func bytes(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw($0) }
    }

    @inline(__always)
    mutating func literal(_ text: StaticString) {
        raw(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func text(_ text: String) {
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { raw(UnsafeRawBufferPointer($0)) }
        if isDone == nil { bytes(Array(text.utf8)) }
    }

    /// A value and its line break. It must not end its line early: that would let it forge fields or a whole
    /// response.
    mutating func value(_ value: String) {
        let start = written
        text(value)
        let text = UnsafeRawBufferPointer(space)
        if ByteClass.firstControl(text, start, written) < written {
            for at in start..<written where [0x0D, 0x0A, 0].contains(space[at]) { space[at] = 0x20 }
        }
        literal("\r\n")
    }

    mutating func status(_ status: Int) {
        if let line = StatusLine.whole(status) {
            literal(line)
        } else {
            literal("HTTP/1.1 ")
            decimal(status)
            literal(" ")
            literal(StatusLine.phrase(status))
            literal("\r\n")
        }
    }

    mutating func decimal(_ value: Int) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { room in
            var at = room.count
            var rest = value.magnitude
            repeat {
                at -= 1
                room[at] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            raw(UnsafeRawBufferPointer(rebasing: room[at...]))
        }
    }
}
