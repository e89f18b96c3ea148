import HTTPClient
import Synchronization
import Wire

/// The way from a settling run to Claim's admin port: one request at a time.
final class SettleLine: Sendable {
    private static let timeoutMs = 60_000
    private static let maxAnswerBytes = SettleAnswer.limits.maxBytes

    private let url: String
    private let key: String
    private let client: HTTPClient
    private let waiting: Waiting

    private final class Waiting: Sendable {
        let then = Mutex<CheckedContinuation<HTTPClientOutcome, Never>?>(nil)
    }

    /// - Parameters:
    ///   - admin: `http://host:port` or `https://host:port`.
    ///   - key: the operator's API key.
    init(admin: String, key: String) {
        url = admin + "/v1/admin/settle"
        self.key = key
        let waiting = Waiting()
        self.waiting = waiting
        client = HTTPClient(options: HTTPClientOptions(maxConnections: 1, perHost: 1, name: "settle")) {
            completions in
            for completion in completions {
                waiting.then.withLock { $0.take() }?.resume(returning: completion.outcome)
            }
        }
    }

    func close() { client.close(deadlineMs: 0) }

    func ask(_ request: SettleRequest) async -> SettleRun.Reply {
        let body = request.encode()
        let outcome = await withCheckedContinuation { then in
            waiting.then.withLock { $0 = then }
            client.submit([
                HTTPClientRequest(
                    method: .post, url: url,
                    headers: ["content-type: application/json", "authorization: Bearer \(key)"], body: body,
                    timeoutMs: Self.timeoutMs, connectTimeoutMs: 2_000,
                    maxResponseBytes: Self.maxAnswerBytes, token: 0)
            ])
        }
        return Self.reply(outcome)
    }

    /// What an outcome means for the run.
    static func reply(_ outcome: HTTPClientOutcome) -> SettleRun.Reply {
        switch outcome {
        case .neverLeft(let failure), .mayHaveLeft(let failure):
            if failure.kind == .invalid { return .refused(SettleFault(SettleFault.badData, failure.message)) }
            return .later(failure.message, retryAfterMs: nil)
        case .answered(let response):
            return reply(response)
        }
    }

    private static func reply(_ response: HTTPClientResponse) -> SettleRun.Reply {
        switch response.status {
        case 200:
            do {
                return .results(try SettleAnswer.decode(response.body))
            } catch {
                return .refused(
                    SettleFault(SettleFault.badData, "what answered is no settling Claim: \(error)"))
            }
        case 401, 403:
            return .refused(
                SettleFault(SettleFault.noPermission, "the key is not accepted (\(words(response)))"))
        case 408, 425, 429, 500...599:
            return .later(
                words(response),
                retryAfterMs: response.retryAfterS.map { min(max(0, $0), 3600) * 1000 })
        default:
            return .refused(SettleFault(SettleFault.badData, words(response)))
        }
    }

    /// Status, title, detail and field of a problem document.
    private static func words(_ response: HTTPClientResponse) -> String {
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
