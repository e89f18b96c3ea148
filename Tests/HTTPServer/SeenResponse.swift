/// A response taken apart, strictly: whatever is not well-formed is an error of the test.
struct SeenResponse {
    struct Malformed: Error {
        var reason: String
    }

    var status: Int
    var fields: [(name: String, value: String)]
    var body: [UInt8]

    subscript(name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// All responses in the bytes; an incomplete one is an error.
    ///
    /// - Parameter heads: indices of the final responses that answer HEAD.
    static func all(_ bytes: [UInt8], heads: Set<Int> = []) throws -> [SeenResponse] {
        var rest = bytes[...]
        var seen: [SeenResponse] = []
        var finals = 0
        while !rest.isEmpty {
            guard let one = try first(&rest, isHead: heads.contains(finals)) else {
                throw Malformed(reason: "cut off: \(String(decoding: rest, as: UTF8.self))")
            }
            if one.status >= 200 { finals += 1 }
            seen.append(one)
        }
        return seen
    }

    /// Nil when more bytes are needed.
    static func first(_ rest: inout ArraySlice<UInt8>, isHead: Bool = false) throws -> SeenResponse? {
        guard let end = rest.indices.first(where: { rest[$0...].starts(with: "\r\n\r\n".utf8) }) else {
            return nil
        }
        let head = String(decoding: rest[..<end], as: UTF8.self)
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        let statusLine = lines.removeFirst().split(separator: " ", maxSplits: 2)
        guard statusLine.count == 3, statusLine[0] == "HTTP/1.1", let status = Int(statusLine[1]),
            (100...599).contains(status)
        else { throw Malformed(reason: "status line: \(head)") }
        let fields = try lines.map { line in
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else {
                throw Malformed(reason: "field: \(line)")
            }
            return (name: String(line[..<colon]), value: String(line[colon...].dropFirst(2)))
        }
        let lengths = fields.filter { $0.name == "content-length" }
        let isBodiless = isHead || status < 200 || status == 204 || status == 304
        guard lengths.count == (status < 200 || status == 204 || status == 304 ? 0 : 1) else {
            throw Malformed(reason: "\(lengths.count) lengths: \(head)")
        }
        let count = isBodiless ? 0 : Int(lengths[0].value)!
        let start = end + 4
        guard rest.endIndex - start >= count else { return nil }
        let body = Array(rest[start..<start + count])
        rest = rest[(start + count)...]
        return SeenResponse(status: status, fields: fields, body: body)
    }
}
