import HTTPServer
import Telemetry

/// Somebody who waits for an answer: a request, or an operator's work in this process.
///
/// Lives on the loop that will answer.
struct ClaimWaiter {
    enum Way {
        /// `origin`: the admitted origin of the page that asks, which the answer is shown to.
        case request(HTTPResponder, origin: String?)
        /// Called once, on the loop.
        case caller((ClaimAnswer) -> Void)
    }

    let way: Way
    /// When the request came, monotonic.
    let startedNs: UInt64
    /// Whether the order existed before: answered 200 rather than 202.
    var isRepeat = false

    init(responder: HTTPResponder, origin: String? = nil, startedNs: UInt64) {
        way = .request(responder, origin: origin)
        self.startedNs = startedNs
    }

    init(startedNs: UInt64 = SystemClock.nowNs, caller: @escaping (ClaimAnswer) -> Void) {
        way = .caller(caller)
        self.startedNs = startedNs
    }
}
