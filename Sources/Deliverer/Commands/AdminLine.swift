import HTTPClient
import Synchronization
import Wire

/// The way from a command to Deliverers' admin ports: one request at a time.
final class AdminLine: Sendable {
    private static let timeoutMs = 15_000

    private let key: String
    private let client: HTTPClient
    private let waiting: Waiting

    private final class Waiting: Sendable {
        let then = Mutex<CheckedContinuation<HTTPClientOutcome, Never>?>(nil)
    }

    init(key: String) {
        self.key = key
        let waiting = Waiting()
        self.waiting = waiting
        client = HTTPClient(options: HTTPClientOptions(maxConnections: 1, perHost: 1, name: "operator")) {
            completions in
            for completion in completions {
                waiting.then.withLock { $0.take() }?.resume(returning: completion.outcome)
            }
        }
    }

    func close() { client.close(deadlineMs: 0) }

    /// The body of an answer that is 200.
    ///
    /// - Parameter body: what to POST; nil: GET.
    func ask(_ admin: String, _ path: String, body: [UInt8]? = nil) async throws(CommandFault) -> [UInt8] {
        let outcome = await withCheckedContinuation { then in
            waiting.then.withLock { $0 = then }
            client.submit([
                HTTPClientRequest(
                    method: body == nil ? .get : .post, url: admin + path,
                    headers: ["content-type: application/json", "authorization: Bearer \(key)"],
                    body: body ?? [], timeoutMs: Self.timeoutMs, connectTimeoutMs: 2_000,
                    maxResponseBytes: DelivererStatusReport.limits.maxBytes, token: 0)
            ])
        }
        switch outcome {
        case .neverLeft(let failure), .mayHaveLeft(let failure):
            throw CommandFault(CommandFault.unavailable, "\(admin): \(failure.message)")
        case .answered(let response):
            switch response.status {
            case 200: return response.body
            case 401, 403:
                throw CommandFault(
                    CommandFault.noPermission, "\(admin): the key is not accepted (\(Self.words(response)))")
            case 408, 425, 429, 500...599:
                throw CommandFault(CommandFault.again, "\(admin): \(Self.words(response))")
            default: throw CommandFault(CommandFault.refused, "\(admin): \(Self.words(response))")
            }
        }
    }

    /// Status, title, detail and field of a problem document.
    static func words(_ response: HTTPClientResponse) -> String {
        var words = "\(response.status)"
        guard case .object(let problem)? = try? JSON.parse(response.body, limits: .record) else {
            return words
        }
        for key in ["title", "detail", "field"] {
            if case .string(let text)? = problem[key] { words += ": \(text)" }
        }
        return words
    }
}
