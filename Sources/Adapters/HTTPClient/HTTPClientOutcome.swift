/// What became of one request. The three cases are what a sender of things that must happen once has to
/// tell apart.
package enum HTTPClientOutcome: Sendable, Equatable {
    /// Not one byte of it was written to a connection: the other side cannot have acted on it.
    case neverLeft(HTTPClientFailure)
    /// Some of it may have been written and no complete answer came: nobody here knows.
    case mayHaveLeft(HTTPClientFailure)
    /// A complete answer, whatever its status.
    case answered(HTTPClientResponse)
}

package struct HTTPClientFailure: Error, Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// A bound in time was reached. After `mayHaveLeft` the request may still lie unread at the host.
        case timedOut
        /// The host's name has no address.
        case unresolved
        /// No connection could be made.
        case unreachable
        /// The host's address is one that connections must not go to (`allowsPrivate`).
        case refused
        /// The TLS handshake or the certificate.
        case tls
        /// The connection broke before a complete answer.
        case broken
        /// What came back is not HTTP, or out of bounds.
        case malformed
        /// The request itself cannot be sent as it is.
        case invalid
        /// More requests were handed over than the client holds.
        case overloaded
        /// The client was closed.
        case closed
        case other
    }

    package let kind: Kind
    /// curl's code, 0 where curl had no part in it.
    package let code: Int32
    package let message: String

    package init(kind: Kind, code: Int32, message: String) {
        self.kind = kind
        self.code = code
        self.message = message
    }
}

package struct HTTPClientResponse: Sendable, Equatable {
    package let status: Int
    /// `Retry-After` in seconds from now (a date is converted), of answers with a status from 300 on.
    package let retryAfterS: Int64?
    /// The first bytes of the body, at most the request's `maxResponseBytes`.
    package let body: [UInt8]
    package let isTruncated: Bool

    package init(status: Int, retryAfterS: Int64?, body: [UInt8], isTruncated: Bool) {
        self.status = status
        self.retryAfterS = retryAfterS
        self.body = body
        self.isTruncated = isTruncated
    }
}

package struct HTTPClientCompletion: Sendable {
    package let token: UInt64
    package let outcome: HTTPClientOutcome
    /// From the start of the transfer to its end, in microseconds; 0 if it never started.
    package let elapsedUs: UInt64
}
