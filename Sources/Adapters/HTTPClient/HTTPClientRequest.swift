/// One request; each is one attempt, sent at most once.
package struct HTTPClientRequest: Sendable {
    package enum Method: Sendable, Equatable { case get, post, put }

    package enum Version: Sendable, Equatable {
        case http1
        /// HTTP/2 where the server offers it in the TLS handshake, else HTTP/1.1; one request at a time a
        /// connection all the same. A kept connection is used again whichever it speaks, so that a host had
        /// better be asked for one version only. Plain http stays HTTP/1.1.
        case http2Preferred
    }

    /// A body above this is refused; it also stays below what makes curl ask with `Expect: 100-continue`.
    package static let maxBodyBytes = 1 << 20
    package static let maxHeaders = 32

    package var method: Method
    /// Absolute, http or https.
    package var url: String
    /// Lines like "content-type: application/json", without line ends.
    package var headers: [String]
    /// More of them, after those, as the bytes that are sent: each line ended by CRLF. Cheaper than strings.
    package var headerBytes: [UInt8] = []
    /// Sent with POST and PUT; ignored with GET.
    package var body: [UInt8]
    /// From the start of the request to the end of its answer, connecting included.
    package var timeoutMs: Int
    /// For connecting, and before that for waiting until the host has a free connection.
    package var connectTimeoutMs: Int
    /// How much of the answer's body is kept; the rest is dropped.
    package var maxResponseBytes: Int
    /// Comes back with the completion.
    package var token: UInt64
    /// For https: nil means the system's authorities and no certificate of ours.
    package var tls: HTTPClientTLS?
    package var version = Version.http1

    package init(
        method: Method = .get, url: String, headers: [String] = [], body: [UInt8] = [],
        timeoutMs: Int = 10_000, connectTimeoutMs: Int = 2_000, maxResponseBytes: Int = 16_384, token: UInt64
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutMs = timeoutMs
        self.connectTimeoutMs = connectTimeoutMs
        self.maxResponseBytes = maxResponseBytes
        self.token = token
    }

    /// All header lines, without line ends; for showing them.
    package var headerLines: [String] {
        let more = headerBytes.split(whereSeparator: { $0 == 13 || $0 == 10 })
        return headers + more.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Why it cannot be sent at all, if so. A line end in a header would smuggle in another header.
    var fault: String? {
        if timeoutMs < 1 || connectTimeoutMs < 1 || maxResponseBytes < 0 {
            return "a bound below its minimum"
        }
        if body.count > Self.maxBodyBytes { return "a body of more than \(Self.maxBodyBytes) bytes" }
        if headers.count > Self.maxHeaders { return "more than \(Self.maxHeaders) headers" }
        if headers.contains(where: Self.breaksOut) { return "a line end or NUL in a header" }
        return HeaderLines.fault(headerBytes, maxLines: Self.maxHeaders - headers.count)
    }

    private static func breaksOut(_ header: String) -> Bool {
        func scan(_ bytes: some Sequence<UInt8>) -> Bool {
            bytes.contains { $0 == 10 || $0 == 13 || $0 == 0 }
        }
        return header.utf8.withContiguousStorageIfAvailable(scan) ?? scan(header.utf8)
    }
}
