import Glibc

/// Counts the answers of a pipelined HTTP/1.1 connection by status, as cheaply as a load generator must. For
/// a server that always sends a Content-Length.
struct AnswerCounter {
    private static let name = Array("content-length: ".utf8)
    /// The beginning of an answer whose head was cut.
    private var rest: [UInt8] = []
    /// Of a body that goes on.
    private var bodyLeft = 0

    /// - Returns: false where this is no such stream.
    mutating func take(_ bytes: UnsafeRawBufferPointer, each: (Int) -> Void) -> Bool {
        guard !rest.isEmpty else { return scan(bytes, each) }
        let whole = rest + bytes
        rest.removeAll(keepingCapacity: true)
        return whole.withUnsafeBytes { scan($0, each) }
    }

    private mutating func scan(_ bytes: UnsafeRawBufferPointer, _ each: (Int) -> Void) -> Bool {
        var at = min(bodyLeft, bytes.count)
        bodyLeft -= at
        while at < bytes.count {
            guard let head = Self.head(bytes, at) else {
                rest.append(contentsOf: bytes[at...])
                return rest.count < 1 << 16
            }
            guard head.status > 0 else { return false }
            each(head.status)
            let end = head.end + head.length
            bodyLeft = max(0, end - bytes.count)
            at = min(end, bytes.count)
        }
        return true
    }

    /// nil: the head is not whole.
    private static func head(
        _ bytes: UnsafeRawBufferPointer, _ start: Int
    ) -> (status: Int, length: Int, end: Int)? {
        let base = bytes.baseAddress!
        var (line, length) = (start, -1)
        while let found = memchr(base + line, 0x0a, bytes.count - line) {
            let end = UnsafeRawPointer(found) - base + 1
            if end - line == 2 {
                let status = start + 12 <= bytes.count ? decimal(bytes, start + 9) : 0
                return (length < 0 ? 0 : status, length, end)
            }
            if length < 0, end - line > name.count + 2, bytes[line] | 0x20 == name[0],
                name.indices.allSatisfy({ bytes[line + $0] | 0x20 == name[$0] | 0x20 })
            {
                length = decimal(bytes, line + name.count)
            }
            line = end
        }
        return nil
    }

    private static func decimal(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var (value, at) = (0, start)
        while at < bytes.count, (0x30...0x39).contains(bytes[at]), value < 1 << 40 {
            value = value * 10 + Int(bytes[at] - 0x30)
            at += 1
        }
        return value
    }
}
