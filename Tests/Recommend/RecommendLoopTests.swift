import Catalog
import Credentials
import HTTPServer
import NIOCore
import NIOPosix
import ProfileRoad
import Profiles
import Redis
import ServiceShell
import Stack
import Telemetry
import Testing
import Wire

@testable import Recommend

/// One loop of the service over a real redis-server, with role services that the test scripts.
// `@unchecked Sendable`: what changes is touched on the loop only.
private final class LoopHarness: @unchecked Sendable {
    let loop: RecommendLoop
    private let redis: RedisConnection
    private let signer: TicketSigner
    /// Body of a role service's answer by URL; nil = it fails.
    private let roles: @Sendable (String) -> String?
    private var road: ProfileRoad?

    private init(
        redis: RedisConnection, catalog: Catalog, roles: @escaping @Sendable (String) -> String?
    ) throws {
        let key = TicketKey(id: "k", algorithm: .hs256, material: Array(repeating: 7, count: 32))
        signer = try TicketSigner(key: key)
        self.redis = redis
        self.roles = roles
        var options = ProfileRoadOptions()
        options.deadlineMs = 30_000
        options.redisTimeoutMs = 10_000
        let plan = RecommendLoop.Plan(
            list: GiftList(catalog: catalog), tickets: try TicketVerifier(keys: [key], audience: "hongbao"),
            pages: try StaticPages(root: "\(ShippedCampaign.staticData)/web"), options: options)
        loop = RecommendLoop(
            index: 0, redis: redis, plan: plan, meters: RecommendMeters(),
            readiness: Readiness().check("redis"))
    }

    static func with(
        roles: @escaping @Sendable (String) -> String?, _ body: (LoopHarness) async throws -> Void
    ) async throws {
        let run = try RunDirectory.claimUnique(prefix: "recommend-loop")
        defer { run.release() }
        let server = try RedisServer(in: run)
        defer { server.stop() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var options = RedisOptions()
        options.commandTimeout = .seconds(10)
        let redis = RedisConnection(
            address: try RedisAddress(url: server.url), loop: group.next(), options: options)
        let harness = try LoopHarness(redis: redis, catalog: try ShippedCampaign.catalog(), roles: roles)
        try await redis.loop.submit { harness.start() }.get()
        try await redis.ready(within: .seconds(10))
        let result: Result<Void, any Error>
        do { result = .success(try await body(harness)) } catch { result = .failure(error) }
        try await redis.loop.submit { harness.loop.stop() }.get()
        try await group.shutdownGracefully()
        try result.get()
    }

    private func start() {
        loop.start { [self] redis in
            var options = ProfileRoadOptions()
            options.deadlineMs = 30_000
            options.redisTimeoutMs = 10_000
            let road = ProfileRoad(
                catalog: try! ShippedCampaign.catalog(), loop: redis.loop, redis: redis, options: options,
                wallMs: { SystemClock.nowMs }, random: { 0 },
                ask: { questions in
                    let replies = questions.map { question in
                        RoleReply(
                            token: question.token,
                            result: self.roles(question.url).map {
                                .answered(status: 200, body: Array($0.utf8))
                            }
                                ?? .failed)
                    }
                    redis.loop.assumeIsolated().execute { self.road?.replied(replies) }
                })
            self.road = road
            return road
        }
    }

    func ticket(_ user: UInt64, audience: String = "hongbao", expiresInS: Int64 = 60) -> String {
        let nowS = SystemClock.nowMs / 1000
        return signer.sign(user: user, audience: audience, issuedAtS: nowS, expiresAtS: nowS + expiresInS)
    }

    func send(
        _ target: String, method: HTTPRequest.Method = .get, bearer: String? = nil
    ) async throws -> HTTPResponse {
        let headers = bearer.map { [("Authorization", "Bearer \($0)")] } ?? []
        return try await redis.loop.flatSubmit { [self] in
            let promise = redis.loop.makePromise(of: HTTPResponse.self)
            loop.handle(
                HTTPRequest(method: method, target: target, headers: headers),
                HTTPResponder(loop: redis.loop) { promise.succeed($0) })
            return promise.futureResult
        }.get()
    }
}

@Suite("Requests to Recommend")
struct RecommendLoopTests {
    private static let everywhere: @Sendable (String) -> String? = { url in
        // Each game has at least the regions of its own; an unknown one is passed over.
        let regions = [
            "east", "s1", "north", "wei", "alpha", "lake-1", "old-town", "spring", "near-side", "gravel",
        ]
        let roles = regions.map { #"{"region": "\#($0)", "role": "7"}"# }.joined(separator: ",")
        return #"{"registered_at": 1600000000, "roles": [\#(roles)]}"#
    }

    private func root(_ response: HTTPResponse) throws -> JSONObject {
        guard case .bytes(let bytes) = response.body,
            case .object(let root) = try JSON.parse(bytes, limits: .document)
        else { throw JSONError(path: "", reason: "no object") }
        return root
    }

    @Test("a person with a ticket gets the list; the second time from the cache")
    func list() async throws {
        try await LoopHarness.with(roles: Self.everywhere) { harness in
            for _ in 0..<2 {
                let response = try await harness.send("/v1/gifts", bearer: harness.ticket(5))
                #expect(response.status == 200 && response.contentType == "application/json")
                #expect(response.headers.contains { $0 == ("cache-control", "no-store") })
                let root = try root(response)
                #expect(root["degraded"] == .bool(false) && root["missing"] == .array([]))
                guard case .array(let gifts) = root["gifts"], case .object(let first) = gifts.first else {
                    return
                }
                #expect(gifts.count == 40 && first["claimable"] == .bool(true))
            }
            let status = try await harness.loop.loop.submit { harness.loop.status }.get()
            #expect(status.counters.cacheHits == 1 && status.counters.roleQuestions == 10)
        }
    }

    @Test("a game that does not answer is named, and the rest is shown")
    func degraded() async throws {
        let everywhere = Self.everywhere
        try await LoopHarness.with(roles: { $0.contains("moon-rabbit") ? nil : everywhere($0) }) { harness in
            let root = try root(try await harness.send("/v1/gifts", bearer: harness.ticket(6)))
            #expect(root["degraded"] == .bool(true) && root["missing"] == .array([.string("moon-rabbit")]))
        }
    }

    @Test("promise 10: nobody gets a list without a good ticket")
    func tickets() async throws {
        try await LoopHarness.with(roles: Self.everywhere) { harness in
            let good = harness.ticket(5)
            let bad: [String?] = [
                nil, "", "x", "a.b.c", String(good.dropLast()), good + "x",
                harness.ticket(5, audience: "other"),
                harness.ticket(5, expiresInS: -1), String(repeating: "a", count: 5000),
            ]
            for token in bad {
                let response = try await harness.send("/v1/gifts", bearer: token)
                #expect(response.status == 401 && response.contentType == "application/problem+json")
                #expect(response.headers.contains { $0 == ("www-authenticate", "Bearer") })
                #expect(try root(response)["type"] == .string("urn:hongbao:problem:unauthorized"))
            }
            let status = try await harness.loop.loop.submit { harness.loop.status }.get()
            #expect(status.counters.answers == 0)
        }
    }

    @Test("other methods and paths are refused; pages need no ticket")
    func routes() async throws {
        try await LoopHarness.with(roles: Self.everywhere) { harness in
            let ticket = harness.ticket(5)
            let posted = try await harness.send("/v1/gifts", method: .post, bearer: ticket)
            #expect(posted.status == 405)
            for path in ["/v1/gifts/", "/v1", "/v1/claims", "/../etc/passwd", "/none"] {
                let response = try await harness.send(path, bearer: ticket)
                #expect(response.status == 404, "\(path)")
            }
            let page = try await harness.send("/gifts/moon-rabbit.svg")
            #expect(page.status == 200)
        }
    }

    @Test("garbage in place of tickets never crashes")
    func fuzz() async throws {
        try await LoopHarness.with(roles: Self.everywhere) { harness in
            var random = SplitMix64(seed: 92)
            let good = Array(harness.ticket(5).utf8)
            for _ in 0..<1000 {
                var bytes = good
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                        in: 33...126, using: &random)
                }
                let response = try await harness.send(
                    "/v1/gifts", bearer: String(decoding: bytes, as: UTF8.self))
                // The last character's spare bits may leave the signature as it was only if they are zero.
                #expect(response.status == (bytes == good ? 200 : 401))
            }
        }
    }
}
