import Atomics
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
    private let redis: RedisRouter
    private let catalog: Catalog
    private let signer: TicketSigner
    /// Body of a role service's answer by URL; nil = it fails.
    private let roles: @Sendable (String) -> String?
    private var road: ProfileRoad?

    private init(
        redis: RedisRouter, catalog: Catalog, limits: String,
        roles: @escaping @Sendable (String) -> String?
    ) throws {
        let key = TicketKey(id: "k", algorithm: .hs256, material: Array(repeating: 7, count: 32))
        signer = try TicketSigner(key: key)
        self.redis = redis
        self.roles = roles
        self.catalog = catalog
        let edition = RecommendLoop.Edition(
            list: GiftList(catalog: catalog),
            pages: try Pages(root: "\(ShippedCampaign.staticData)/web", catalog: catalog, claimsURL: ""))
        let tickets = VerifiedTickets(
            verifier: try TicketVerifier(keys: [key], audience: "hongbao"), entries: 64, seed: (1, 2))
        let settings = try Settings(yaml: "limits: {\(limits)}")
        loop = RecommendLoop(
            index: 0, redis: redis, edition: edition, tickets: tickets,
            limits: try RecommendLimits(settings), meters: RecommendMeters(),
            readiness: Readiness().check("redis"))
    }

    static func with(
        catalog: Catalog? = nil,
        limits: String = "lists: 2000, refreshes: 2, refreshes_window: 3600s",
        roles: @escaping @Sendable (String) -> String?, _ body: (LoopHarness) async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await inPlace(catalog: catalog, limits: limits, roles: roles, body)
        }
    }

    private static func inPlace(
        catalog: Catalog?,
        limits: String,
        roles: @escaping @Sendable (String) -> String?, _ body: (LoopHarness) async throws -> Void
    ) async throws {
        let run = try RunDirectory.claimUnique(prefix: "recommend-loop")
        defer { run.release() }
        let server = try RedisServer(in: run)
        defer { server.stop() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var options = RedisOptions()
        options.commandTimeout = .seconds(10)
        let redis = RedisRouter(
            try RedisTarget(url: server.url), loop: group.next(), options: options)
        let catalog = try catalog ?? ShippedCampaign.catalog()
        let harness = try LoopHarness(redis: redis, catalog: catalog, limits: limits, roles: roles)
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
                catalog: catalog, loop: redis.loop, redis: redis, options: options,
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

    func ticket(_ user: UInt64, audience: String = "hongbao", expiresInS: Int64 = 3600) -> String {
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
        let bytes: [UInt8]
        switch response.body {
        case .none: bytes = []
        case .bytes(let content): bytes = content
        case .buffer(let content): bytes = Array(content.readableBytesView)
        }
        guard case .object(let root) = try JSON.parse(bytes, limits: .document) else {
            throw JSONError(path: "", reason: "no object")
        }
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

    @Test("the 401s tell honest clients what to mend, and forgers nothing")
    func reasons() async throws {
        try await LoopHarness.with(roles: Self.everywhere) { harness in
            let good = harness.ticket(5)
            var details: Set<String> = []
            let forged = [
                String(good.dropLast(2)) + "AA", harness.ticket(5, audience: "other"), "a.b.c",
                "eyJhbGciOiJub25lIn0.e30.", String(repeating: "a", count: 5000),
            ]
            for token in forged {
                let root = try root(try await harness.send("/v1/gifts", bearer: token))
                guard case .string(let detail) = root["detail"] else { continue }
                details.insert(detail)
            }
            #expect(details.count == 1)
            let late = try root(
                try await harness.send("/v1/gifts", bearer: harness.ticket(5, expiresInS: -1)))
            #expect(late["detail"] == .string("the ticket has expired"))
        }
    }

    @Test("another campaign, an unknown parameter, and a query without a ticket")
    func queries() async throws {
        try await LoopHarness.with(roles: Self.everywhere) { harness in
            let ticket = harness.ticket(5)
            let elsewhere = try await harness.send("/v1/gifts?campaign=autumn", bearer: ticket)
            #expect(elsewhere.status == 404)
            #expect(try root(elsewhere)["type"] == .string("urn:hongbao:problem:no-such-campaign"))
            let odd = try await harness.send("/v1/gifts?page=2", bearer: ticket)
            #expect(odd.status == 400)
            #expect(try root(odd)["field"] == .string("page"))
            let here = try await harness.send("/v1/gifts?campaign=spring-festival", bearer: ticket)
            #expect(here.status == 200)
            // Who shows no ticket learns nothing about the query.
            #expect(try await harness.send("/v1/gifts?page=2").status == 401)
        }
    }

    @Test("after its end a campaign is gone")
    func over() async throws {
        let shipped = try ShippedCampaign.catalog()
        let ended = Catalog(
            campaign: shipped.campaign.ending(atMs: SystemClock.nowMs - 1), games: shipped.games,
            gifts: shipped.gifts, contentHash: "ended")
        try await LoopHarness.with(catalog: ended, roles: Self.everywhere) { harness in
            let response = try await harness.send("/v1/gifts", bearer: harness.ticket(5))
            #expect(response.status == 410)
            #expect(try root(response)["type"] == .string("urn:hongbao:problem:over"))
        }
    }

    @Test("a person has a quota, and is told of it; another person is not touched by it")
    func quota() async throws {
        try await LoopHarness.with(limits: "lists: 3, lists_window: 3600s", roles: Self.everywhere) {
            harness in
            for _ in 0..<3 {
                #expect(try await harness.send("/v1/gifts", bearer: harness.ticket(5)).status == 200)
            }
            let refused = try await harness.send("/v1/gifts", bearer: harness.ticket(5))
            #expect(refused.status == 429)
            let fields = Dictionary(refused.headers) { first, _ in first }
            #expect(fields["ratelimit-policy"] == "\"lists\";q=3;w=3600")
            #expect(fields["ratelimit"] == "\"lists\";r=0;t=\(fields["retry-after"] ?? "")")
            #expect(try await harness.send("/v1/gifts", bearer: harness.ticket(6)).status == 200)
        }
    }

    @Test("who has just registered asks anew, and has the newcomers' pack at once; not for ever")
    func refresh() async throws {
        let registered = ManagedAtomic(false)
        let nowS = SystemClock.nowMs / 1000
        let roles: @Sendable (String) -> String? = { url in
            guard url.contains("dragon-tide"), registered.load(ordering: .relaxed) else {
                return #"{"registered_at": null, "roles": []}"#
            }
            return #"{"registered_at": \#(nowS), "roles": [{"region": "east", "role": "42"}]}"#
        }
        try await LoopHarness.with(roles: roles) { harness in
            func welcome(_ response: HTTPResponse) throws -> JSON? {
                guard case .array(let gifts) = try root(response)["gifts"] else { return nil }
                for case .object(let gift) in gifts where gift["id"] == .string("dragon-hatchling-welcome") {
                    return gift["claimable"]
                }
                return nil
            }
            let ticket = harness.ticket(5)
            #expect(try welcome(try await harness.send("/v1/gifts", bearer: ticket)) == .bool(false))
            registered.store(true, ordering: .relaxed)
            // The cache still says what was; the refresh asks.
            #expect(try welcome(try await harness.send("/v1/gifts", bearer: ticket)) == .bool(false))
            let path = "/v1/gifts/refresh?game=dragon-tide"
            #expect(try await harness.send(path, bearer: ticket).status == 405)
            let refreshed = try await harness.send(path, method: .post, bearer: ticket)
            #expect(refreshed.status == 200)
            #expect(try welcome(refreshed) == .bool(true))
            #expect(try welcome(try await harness.send("/v1/gifts", bearer: ticket)) == .bool(true))
            #expect(try await harness.send(path, method: .post, bearer: ticket).status == 200)
            let refused = try await harness.send(path, method: .post, bearer: ticket)
            #expect(refused.status == 429 && refused.headers.contains { $0.0 == "retry-after" })
            #expect(try await harness.send(path, method: .post).status == 401)
        }
    }

    @Test("an edited catalog is served from the next request on")
    func editions() async throws {
        try await LoopHarness.with(roles: Self.everywhere) { harness in
            let ticket = harness.ticket(5)
            func paused(_ response: HTTPResponse) throws -> Int {
                guard case .array(let gifts) = try root(response)["gifts"] else { return -1 }
                return gifts.count { gift in
                    if case .object(let gift) = gift { gift["reason"] == .string("paused") } else { false }
                }
            }
            #expect(try paused(try await harness.send("/v1/gifts", bearer: ticket)) == 0)
            let shipped = try ShippedCampaign.catalog()
            let edited = Catalog(
                campaign: shipped.campaign, games: shipped.games,
                gifts: shipped.gifts.map { $0.slot < 3 ? $0.paused() : $0 }, contentHash: "edited")
            let edition = RecommendLoop.Edition(
                list: GiftList(catalog: edited),
                pages: try Pages(root: nil, catalog: edited, claimsURL: ""))
            try await harness.loop.loop.submit { harness.loop.adopt(edition) }.get()
            #expect(try paused(try await harness.send("/v1/gifts", bearer: ticket)) == 3)
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

extension Campaign {
    fileprivate func ending(atMs: Int64) -> Campaign {
        Campaign(
            id: id, title: title, opensAtMs: opensAtMs, closesAtMs: atMs, endsAtMs: atMs,
            couponKinds: couponKinds, totalLimit: totalLimit, deliveryWindowMs: deliveryWindowMs,
            storage: storage, ranking: ranking)
    }
}

extension Gift {
    fileprivate func paused() -> Gift {
        Gift(
            id: id, slot: slot, game: game, title: title, image: image, audience: audience, stock: stock,
            items: items, highValue: highValue, features: features, popularity: popularity,
            freshAtMs: freshAtMs, isPaused: true)
    }
}
