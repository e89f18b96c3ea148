import Catalog
import HTTPClient
import NIOCore
import Redis

/// Carries the questions of all roads of a process to the role services, over one HTTP client and its thread.
///
/// `Sendable`: questions come from the loops, completions from the client's thread; each result goes back to
/// the loops of the roads that wanted it.
package final class RoleClient: Sendable {
    /// What `RoleAnswer` reads at most; a longer answer is not believed.
    private static let maxResponseBytes = 16_384

    package let exchange: RoleExchange
    private let client: HTTPClient

    /// - Parameter options: those of role services count, for all roads together; `maxCalls` connections at
    ///   most, to one host as well, since one host may serve all games.
    package init(options: ProfileRoadOptions) {
        let way = LateWay()
        let exchange = RoleExchange(options: options) { questions in
            way.client?.submit(questions.map(Self.request))
        }
        self.exchange = exchange
        client = HTTPClient(
            options: HTTPClientOptions(
                maxConnections: options.maxCalls, perHost: options.maxCalls, name: "roles"),
            onCompletions: { completions in
                exchange.replied(
                    completions.map { RoleReply(token: $0.token, result: Self.result($0.outcome)) },
                    nowNs: NIODeadline.now().uptimeNanoseconds)
            })
        way.client = client
    }

    /// Fails what is in flight and joins the thread.
    package func close(deadlineMs: Int) {
        client.close(deadlineMs: deadlineMs)
    }

    private static func request(_ question: RoleQuestion) -> HTTPClientRequest {
        HTTPClientRequest(
            method: .get, url: question.url, headers: ["accept: application/json"],
            timeoutMs: question.timeoutMs, connectTimeoutMs: question.connectTimeoutMs,
            maxResponseBytes: maxResponseBytes, token: question.token)
    }

    private static func result(_ outcome: HTTPClientOutcome) -> RoleReply.Result {
        guard case .answered(let response) = outcome, !response.isTruncated else { return .failed }
        return .answered(status: response.status, body: response.body)
    }
}

/// The questions' way, known only once the client exists whose completions need the exchange.
// `@unchecked Sendable`: written once, in `RoleClient.init`, before anybody else has either of the two; weak,
// because the client holds the exchange, which holds this.
private final class LateWay: @unchecked Sendable {
    weak var client: HTTPClient?
}

extension ProfileRoad {
    /// A road whose questions go through `roles`; called on `loop`.
    package convenience init(
        catalog: Catalog, loop: any EventLoop, redis: RedisRouter, roles: RoleClient,
        options: ProfileRoadOptions, wallMs: @escaping () -> Int64, random: @escaping () -> UInt64
    ) {
        self.init(
            catalog: catalog, loop: loop, redis: redis, exchange: roles.exchange, options: options,
            wallMs: wallMs, random: random)
    }
}
