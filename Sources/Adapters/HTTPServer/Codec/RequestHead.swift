/// Where bytes stand, counted from their head's first byte.
package struct ByteSpan: Sendable, Equatable {
    package var start: UInt32
    package var count: UInt32

    package init(_ start: Int, _ end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        count = UInt32(truncatingIfNeeded: end - start)
    }

    package var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
    package var isEmpty: Bool { count == 0 }
}

/// The methods that this server knows; all others are refused with 501.
package enum RequestMethod: UInt8, Sendable {
    case get, head, post, put, patch, delete, options
}

/// What a request's line and fields say, and where its parts stand in the head's bytes. It holds no bytes.
package struct RequestHead: Sendable, Equatable {
    /// How the body's end is told (RFC 9112 section 6.3).
    package enum Framing: Sendable, Equatable {
        case none
        /// 1 or more bytes.
        case length(Int)
        case chunked
    }

    package var method = RequestMethod.get
    /// HTTP/1.0.
    package var isOld = false
    package var asksForUpgrade = false
    /// `expect: 100-continue` before a body, in 1.1.
    package var expectsContinue = false
    /// The client wants the connection to stay: the version's default, or what `connection` says.
    package var isKept = true
    package var target = ByteSpan(0, 0)
    /// The target up to `?`; of an absolute target only its path. Never empty.
    package var path = ByteSpan(0, 0)
    /// The value of `authorization`; empty when there is none.
    package var authorization = ByteSpan(0, 0)
    /// Where the first field line begins.
    package var fieldsStart: UInt32 = 0
    package var framing = Framing.none

    package init() {}
}
