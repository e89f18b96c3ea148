import Glibc

/// Takes the answers of a pipelined HTTP/1.1 connection apart. For servers that always send a
/// Content-Length.
struct AnswerStream {
    private static let maxBytes = 1 << 20
    private var bytes: [UInt8] = []

    /// - Parameter each: called with every answer that is whole: status and body.
    /// - Returns: false where this is no such stream.
    mutating func take(_ more: UnsafeRawBufferPointer, each: (Int, ArraySlice<UInt8>) -> Void) -> Bool {
        bytes.append(contentsOf: more)
        var start = 0
        while let head = Self.endOfHead(bytes, from: start) {
            guard let (status, length) = Self.head(bytes[start..<head]) else { return false }
            guard bytes.count - head >= length else { break }
            each(status, bytes[head..<head + length])
            start = head + length
        }
        bytes.removeFirst(start)
        return bytes.count < Self.maxBytes
    }

    private static func endOfHead(_ bytes: [UInt8], from start: Int) -> Int? {
        var index = start + 3
        while index < bytes.count {
            if bytes[index] == 0x0a, bytes[index - 1] == 0x0d, bytes[index - 2] == 0x0a { return index + 1 }
            index += 1
        }
        return nil
    }

    private static func head(_ head: ArraySlice<UInt8>) -> (status: Int, length: Int)? {
        let start = head.startIndex
        guard head.count > 12, let status = decimal(head[(start + 9)...]) else { return nil }
        for line in head.split(separator: 0x0a) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon - line.startIndex == 14,
                String(decoding: line[..<colon], as: UTF8.self).lowercased() == "content-length"
            else { continue }
            return decimal(line[(colon + 1)...].drop { $0 == 0x20 }).map { (status, $0) }
        }
        return nil
    }

    private static func decimal(_ text: ArraySlice<UInt8>) -> Int? {
        let digits = text.prefix { (0x30...0x39).contains($0) }
        guard (1...7).contains(digits.count) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
