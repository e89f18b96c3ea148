import NIOCore
import NIOHTTP1

/// One whole request: its body is complete and within the limits.
package struct HTTPRequest: Sendable {
    package enum Method: Sendable, Equatable {
        case get, head, post, put, patch, delete, options
        case other(String)
    }

    package let method: Method
    /// The request target as it was sent.
    package let target: String
    /// The target up to `?`, still percent-encoded; of an absolute target only its path.
    package let path: String
    package let body: ByteBuffer
    /// The peer's IP address without its port; empty when it has none.
    package let remoteAddress: String
    let fields: HTTPHeaders

    /// A request made by hand, as tests of a service do.
    package init(
        method: Method, target: String, headers: [(String, String)] = [], body: ByteBuffer = ByteBuffer(),
        remoteAddress: String = "127.0.0.1"
    ) {
        self.init(
            method: method, target: target, path: RequestTarget.path(of: target) ?? "/",
            fields: HTTPHeaders(headers), body: body, remoteAddress: remoteAddress)
    }

    init(
        method: Method, target: String, path: String, fields: HTTPHeaders, body: ByteBuffer,
        remoteAddress: String
    ) {
        self.method = method
        self.target = target
        self.path = path
        self.fields = fields
        self.body = body
        self.remoteAddress = remoteAddress
    }

    /// The first field of that name, in any case; nil when there is none.
    package func header(_ name: String) -> String? {
        fields.first(name: name)
    }

    /// The token of `Authorization: Bearer <token>`; nil with another scheme or none.
    package var bearerToken: Substring? {
        guard let value = fields.first(name: "authorization") else { return nil }
        let scheme = value.utf8.prefix(7)
        guard scheme.count == 7, scheme.elementsEqual("bearer ".utf8, by: { ($0 | 0x20) == $1 }) else {
            return nil
        }
        return value.dropFirst(7)
    }

    /// What follows `prefix` in the path when that is one non-empty segment, as in `/v1/orders/{order}`.
    package func pathSegment(after prefix: String) -> Substring? {
        guard path.utf8.count > prefix.utf8.count, path.hasPrefix(prefix) else { return nil }
        let rest = path[path.utf8.index(path.startIndex, offsetBy: prefix.utf8.count)...]
        return rest.utf8.contains(UInt8(ascii: "/")) ? nil : rest
    }

    /// The query's pairs in order, `+` and percent-encoding decoded, ill-formed UTF-8 repaired.
    package var query: [(String, String)] {
        RequestTarget.query(of: target)
    }

    /// The first query value of that name.
    package func query(_ name: String) -> String? {
        query.first { $0.0 == name }?.1
    }
}

extension HTTPRequest.Method {
    init(_ method: HTTPMethod) {
        switch method {
        case .GET: self = .get
        case .HEAD: self = .head
        case .POST: self = .post
        case .PUT: self = .put
        case .PATCH: self = .patch
        case .DELETE: self = .delete
        case .OPTIONS: self = .options
        default: self = .other(method.rawValue)
        }
    }
}
