import NIOCore
import NIOHTTP1

/// A request whose head has come: what its framing fields say, checked once in one pass.
struct IncomingRequest {
    let head: HTTPRequestHead
    let path: String
    var body: ByteBuffer?
    var received = 0
    /// `Expect: 100-continue` not yet answered.
    var owesContinue: Bool

    /// Why a head is refused.
    enum Refusal: Error {
        /// 400 with this detail.
        case malformed(StaticString)
        case expectation
        case tooLarge
        case method
    }

    var persistence: ResponseEncoder.Persistence {
        guard head.isKeepAlive, !asksForUpgrade else { return .close }
        return head.version == .http1_0 ? .keepAlive : .implied
    }

    private let asksForUpgrade: Bool

    /// Applies RFC 9112: `host` exactly once in 1.1 (section 3.2); never both length fields, no
    /// `transfer-encoding` in 1.0 (section 6.1), since intermediaries disagree on such messages.
    init(_ head: HTTPRequestHead, maxBodyBytes: Int) throws(Refusal) {
        var hosts = 0
        var length: String?
        var isChunked = false
        var upgrade = head.method == .CONNECT
        var expectation: String?
        for (name, value) in head.headers {
            switch name.utf8.count {
            case 4 where Self.matches(name, "host"): hosts += 1
            case 6 where Self.matches(name, "expect"): expectation = value
            case 7 where Self.matches(name, "upgrade"): upgrade = true
            case 14 where Self.matches(name, "content-length"):
                guard length == nil else { throw .malformed("More than one content-length.") }
                length = value
            case 17 where Self.matches(name, "transfer-encoding"): isChunked = true
            default: break
            }
        }
        guard hosts == 1 || (hosts == 0 && head.version == .http1_0) else {
            throw .malformed("The host field must be there exactly once.")
        }
        guard !isChunked || (length == nil && head.version != .http1_0) else {
            throw .malformed("transfer-encoding with content-length, or in HTTP/1.0.")
        }
        guard let path = RequestTarget.path(of: head.uri) else {
            throw .malformed("The request target is neither a path nor an http URI.")
        }
        // A tunnel; this server makes none, and nothing after such a request is HTTP any more.
        guard head.method != .CONNECT else { throw .method }
        if let length {
            guard let count = Self.count(length) else { throw .malformed("content-length is no number.") }
            guard count <= maxBodyBytes else { throw .tooLarge }
        }
        if let expectation, head.version != .http1_0 {
            guard Self.matches(expectation, "100-continue") else { throw .expectation }
            owesContinue = isChunked || (length ?? "0") != "0"
        } else {
            owesContinue = false
        }
        self.head = head
        self.path = path
        asksForUpgrade = upgrade
    }

    /// Digits only, which `Int.init` would not insist on; `Int.max` when there are more than fit.
    private static func count(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text) ?? .max
    }

    /// Equality without regard to ASCII case; `lower` is in lower case.
    private static func matches(_ text: String, _ lower: StaticString) -> Bool {
        guard text.utf8.count == lower.utf8CodeUnitCount else { return false }
        return lower.withUTF8Buffer { lower in
            zip(text.utf8, lower).allSatisfy { $0 == $1 || ($0 | 0x20 == $1 && $1 >= UInt8(ascii: "a")) }
        }
    }
}
