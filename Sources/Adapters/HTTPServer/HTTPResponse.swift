import NIOCore

/// What a service answers. The server itself adds `date`, `content-length` and `connection`.
package struct HTTPResponse: Sendable {
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        case buffer(ByteBuffer)

        package var count: Int {
            switch self {
            case .none: 0
            case .bytes(let bytes): bytes.count
            case .buffer(let buffer): buffer.readableBytes
            }
        }
    }

    /// 200...599.
    package var status: Int
    /// Sent as `content-type`; nil sends none.
    package var contentType: String?
    /// Further fields, names in lower case. A line break or NUL in a value is sent as a space.
    package var headers: [(String, String)]
    package var body: Body

    package init(
        status: Int, contentType: String? = nil, headers: [(String, String)] = [], body: Body = .none
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    /// A JSON answer; `bytes` is one whole document.
    package static func json(
        _ bytes: [UInt8], status: Int = 200, headers: [(String, String)] = []
    ) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "application/json", headers: headers, body: .bytes(bytes))
    }

    package static func text(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "text/plain; charset=utf-8", body: .bytes(Array(text.utf8)))
    }
}
