import Glibc

/// Small blocking HTTP/1.1 requests to the admin and public ports of the stack's own processes.
///
/// One connection a request. Not for load, and not for servers of others: it reads a body by its
/// Content-Length or to the end of the connection, and refuses chunks.
package enum LoopbackHTTP {
    /// A whole answer.
    package struct Response: Sendable, Equatable {
        package var status: Int
        /// Names in lower case, in order, repeats kept.
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]

        /// The first value of a header, its name in lower case.
        package func header(_ name: String) -> String? {
            headers.first { $0.name == name }?.value
        }

        package var text: String { String(decoding: body, as: UTF8.self) }

        package static func == (left: Response, right: Response) -> Bool {
            left.status == right.status && left.body == right.body
                && left.headers.elementsEqual(right.headers, by: ==)
        }
    }

    /// A longer answer is an error.
    package static let maxResponseBytes = 64 << 20

    package static func get(
        port: Int, _ target: String, headers: [String: String] = [:], within limit: Duration = .seconds(5)
    ) throws(StackFailure) -> Response {
        try request("GET", port: port, target, headers: headers, body: nil, within: limit)
    }

    package static func post(
        port: Int, _ target: String, headers: [String: String] = [:], body: [UInt8] = [],
        within limit: Duration = .seconds(5)
    ) throws(StackFailure) -> Response {
        try request("POST", port: port, target, headers: headers, body: body, within: limit)
    }

    /// - Parameter body: nil: no body and no Content-Length.
    package static func request(
        _ method: String, port: Int, _ target: String, headers: [String: String], body: [UInt8]?,
        within limit: Duration
    ) throws(StackFailure) -> Response {
        var head = "\(method) \(target) HTTP/1.1\r\nhost: 127.0.0.1:\(port)\r\nconnection: close\r\n"
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
        if let body { head += "content-length: \(body.count)\r\n" }
        let socket = try LoopbackSocket(port: port, deadline: Deadline(after: limit))
        try socket.write(Array((head + "\r\n").utf8) + (body ?? []))
        return try read(from: socket)
    }

    private static func read(from socket: borrowing LoopbackSocket) throws(StackFailure) -> Response {
        var received: [UInt8] = []
        while true {
            if let response = try parse(received, ended: false) { return response }
            let more = try socket.read()
            guard !more.isEmpty else {
                if let response = try parse(received, ended: true) { return response }
                throw StackFailure("the answer ended early")
            }
            received += more
            guard received.count <= maxResponseBytes else { throw StackFailure("the answer is too long") }
        }
    }

    /// - Returns: nil when more bytes are needed.
    static func parse(_ bytes: [UInt8], ended: Bool) throws(StackFailure) -> Response? {
        guard let headEnd = endOfHead(bytes) else { return nil }
        let head = String(decoding: bytes[..<headEnd], as: UTF8.self)
        let lines = head.split(separator: "\r\n")
        let statusLine = lines.first?.split(separator: " ", maxSplits: 2) ?? []
        guard statusLine.count >= 2, statusLine[0].hasPrefix("HTTP/1."), let status = Int(statusLine[1])
        else {
            throw StackFailure("the answer is no HTTP: \(lines.first ?? "")")
        }
        var response = Response(status: status, headers: [], body: Array(bytes[(headEnd + 4)...]))
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw StackFailure("a header has no colon") }
            let value = line[line.index(after: colon)...]
            let trimmed = value.drop { $0 == " " }
            response.headers.append((line[..<colon].lowercased(), String(trimmed)))
        }
        guard response.header("transfer-encoding") == nil else {
            throw StackFailure("chunked answers are not read here")
        }
        guard let length = response.header("content-length").flatMap(Int.init) else {
            return ended ? response : nil
        }
        guard response.body.count >= length else { return nil }
        response.body.removeLast(response.body.count - length)
        return response
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        let end = Array("\r\n\r\n".utf8)
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first { bytes[$0..<$0 + 4].elementsEqual(end) }
    }
}

/// A request that is sent and not yet answered: to hold one open, or to leave one unfinished.
package final class OpenRequest {
    private let socket: LoopbackSocket

    /// - Parameter bytes: what is sent at once, as it is.
    package init(port: Int, _ bytes: String, within limit: Duration = .seconds(30)) throws(StackFailure) {
        socket = try LoopbackSocket(port: port, deadline: Deadline(after: limit))
        try socket.write(Array(bytes.utf8))
    }

    /// What comes first; waits for it.
    package func answer() throws(StackFailure) -> String {
        String(decoding: try socket.read(), as: UTF8.self)
    }
}
