import HTTPServer

/// Somebody who waits for an answer.
struct ClaimWaiter: Sendable {
    let responder: HTTPResponder
    /// When the request came, monotonic.
    let startedNs: UInt64
    /// Whether the order existed before: answered 200 rather than 202.
    var isRepeat = false
    /// The admitted origin of the page that asks, which the answer is shown to.
    var origin: String?
}
