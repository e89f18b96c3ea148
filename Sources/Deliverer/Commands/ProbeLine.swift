import HTTPClient
import Synchronization

/// Sends one request, once.
final class ProbeLine: Sendable {
    private let waiting = Mutex<CheckedContinuation<HTTPClientCompletion, Never>?>(nil)

    static func send(_ request: HTTPClientRequest, allowsPrivate: Bool) async -> HTTPClientCompletion {
        let line = ProbeLine()
        var options = HTTPClientOptions(maxConnections: 1, perHost: 1, name: "probe")
        options.allowsPrivate = allowsPrivate
        let client = HTTPClient(options: options) { completions in
            for completion in completions {
                line.waiting.withLock { $0.take() }?.resume(returning: completion)
            }
        }
        let completion = await withCheckedContinuation { then in
            line.waiting.withLock { $0 = then }
            client.submit([request])
        }
        client.close(deadlineMs: 0)
        return completion
    }
}
