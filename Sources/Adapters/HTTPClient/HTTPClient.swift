import CCurl
import Glibc

/// An HTTP/1.1 client for requests that must be sent at most once and whose fate must be known: libcurl on
/// a thread of its own.
///
/// - `submit` from any thread; completions come back in batches, on the curl thread, each exactly once.
/// - One request is one attempt on one connection: no redirects, no resend (see `Transfer`), no proxy from
///   the environment, http and https only.
/// - At most `perHost` connections to a host and `maxConnections` in all; what is over waits here, in turn
///   among the hosts, so that a hung one delays nobody else.
/// - Everything is bounded: time, answer, headers, what waits.
///
/// Pacing is the caller's: a request starts as soon as there is room for it.
package final class HTTPClient: Sendable {
    let mailbox: Mailbox
    private let thread: CurlThread
    private let onCompletions: @Sendable ([HTTPClientCompletion]) -> Void

    /// Starts the thread. `onCompletions` is called on it and must not block: copy, enqueue, return.
    package init(
        options: HTTPClientOptions = .init(),
        onCompletions: @escaping @Sendable ([HTTPClientCompletion]) -> Void
    ) {
        precondition(options.perHost >= 1 && options.maxConnections >= options.perHost)
        precondition(options.maxOutstanding >= 1 && options.maxIdleSeconds >= 0)
        precondition((0...HTTPClientOptions.maxTurnUs).contains(options.turnUs))
        precondition(Self.isCurlReady, "curl_global_init failed")
        let mailbox = Mailbox(maxOutstanding: options.maxOutstanding)
        self.mailbox = mailbox
        self.onCompletions = onCompletions
        thread = CurlThread(name: options.name) {
            CurlLoop(options: options, mailbox: mailbox, report: onCompletions).run()
        }
    }

    deinit {
        // A client dropped without `close` lets its thread end by itself; its requests are still reported.
        mailbox.requestClose(atNs: 0)
    }

    /// Hands requests over. After `close` they are completed here and now as `neverLeft`, `closed`.
    package func submit(_ requests: [HTTPClientRequest]) {
        guard !requests.isEmpty, !mailbox.put(requests) else { return }
        let failure = HTTPClientFailure(kind: .closed, code: 0, message: "the client is closed")
        onCompletions(
            requests.map {
                HTTPClientCompletion(token: $0.token, outcome: .neverLeft(failure), elapsedUs: 0)
            })
    }

    /// Ends the client: nothing new is taken; what was handed over before has until the deadline and is
    /// then cut short (`closed`; neverLeft or mayHaveLeft as the case may be). Blocks until all of it is
    /// reported and the thread is gone, so never call it from `onCompletions`. A second call only waits.
    package func close(deadlineMs: Int) {
        mailbox.requestClose(atNs: monotonicNs() + UInt64(max(0, deadlineMs)) * 1_000_000)
        thread.join()
    }

    /// curl's global state, set up once in the process before any thread uses curl.
    private static let isCurlReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK
}
