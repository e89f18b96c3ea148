import Catalog
import HTTPClient
import NIOCore
import Redis
import Synchronization

/// Carries the questions of all roads of a process to the role services, over one HTTP client and its thread.
///
/// `Sendable`: questions come from the loops, completions from the client's thread; each reply goes back to
/// the loop of the road that asked.
package final class RoleClient: Sendable {
    /// Roads a client serves at most: the upper 16 bits of a request's token say which one asked.
    package static let maxRoads = 1 << 16
    private static let tokenBits: UInt64 = 48
    /// What `RoleAnswer` reads at most; a longer answer is not believed.
    private static let maxResponseBytes = 16_384

    private struct Road {
        let loop: any EventLoop
        let deliver: @Sendable ([RoleReply]) -> Void
    }

    /// The roads that have been attached, shared with the client's completions.
    private final class Desk: Sendable {
        let roads = Mutex<[Road]>([])

        /// On the client's thread: sorts a batch by roads, one hop each.
        func route(_ completions: [HTTPClientCompletion]) {
            var batches: [Int: [RoleReply]] = [:]
            for completion in completions {
                let road = Int(completion.token >> RoleClient.tokenBits)
                let token = completion.token & (1 << RoleClient.tokenBits - 1)
                batches[road, default: []].append(
                    RoleReply(token: token, result: RoleClient.result(completion.outcome)))
            }
            let roads = roads.withLock { $0 }
            for (index, replies) in batches where index < roads.count {
                let deliver = roads[index].deliver
                roads[index].loop.execute { deliver(replies) }
            }
        }
    }

    private let desk: Desk
    private let client: HTTPClient

    /// - Parameter maxConnections: over all roads; to one host as well, since one host may serve all games.
    package init(maxConnections: Int) {
        let desk = Desk()
        self.desk = desk
        client = HTTPClient(
            options: HTTPClientOptions(
                maxConnections: maxConnections, perHost: maxConnections, name: "roles"),
            onCompletions: { desk.route($0) })
    }

    /// Makes a way for a road's questions.
    ///
    /// - Parameter deliver: gets the replies, on `loop`.
    /// - Returns: what takes the questions, from any thread.
    package func attach(
        loop: any EventLoop, deliver: @escaping @Sendable ([RoleReply]) -> Void
    ) -> @Sendable ([RoleQuestion]) -> Void {
        let index = desk.roads.withLock { roads in
            precondition(roads.count < Self.maxRoads, "too many roads")
            roads.append(Road(loop: loop, deliver: deliver))
            return UInt64(roads.count - 1)
        }
        return { [client] questions in
            client.submit(questions.map { Self.request($0, road: index) })
        }
    }

    /// Fails what is in flight and joins the thread.
    package func close(deadlineMs: Int) {
        client.close(deadlineMs: deadlineMs)
    }

    private static func request(_ question: RoleQuestion, road: UInt64) -> HTTPClientRequest {
        HTTPClientRequest(
            method: .get, url: question.url, headers: ["accept: application/json"],
            timeoutMs: question.timeoutMs, connectTimeoutMs: question.connectTimeoutMs,
            maxResponseBytes: maxResponseBytes, token: road << tokenBits | question.token)
    }

    private static func result(_ outcome: HTTPClientOutcome) -> RoleReply.Result {
        guard case .answered(let response) = outcome, !response.isTruncated else { return .failed }
        return .answered(status: response.status, body: response.body)
    }
}

extension ProfileRoad {
    /// A road whose questions go through `roles`; called on `loop`.
    package convenience init(
        catalog: Catalog, loop: any EventLoop, redis: RedisConnection, roles: RoleClient,
        options: ProfileRoadOptions, wallMs: @escaping () -> Int64, random: @escaping () -> UInt64
    ) {
        let way = LateWay()
        self.init(
            catalog: catalog, loop: loop, redis: redis, options: options, wallMs: wallMs, random: random,
            ask: { way.ask?($0) })
        let road = NIOLoopBound(self, eventLoop: loop)
        way.ask = roles.attach(loop: loop) { road.value.replied($0) }
    }
}

/// The questions' way, known only once the road exists that the replies go to.
private final class LateWay {
    var ask: (([RoleQuestion]) -> Void)?
}
