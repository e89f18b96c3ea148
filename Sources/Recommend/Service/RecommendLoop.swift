import Catalog
import Credentials
import HTTPServer
import Logging
import NIOCore
import ProfileRoad
import Profiles
import Redis
import ServiceShell
import Telemetry

/// What one event loop of Recommend does: everything of a request, on that loop.
///
/// `@unchecked Sendable`: all state is touched on `loop` only; `init` shares nothing that is not `Sendable`.
final class RecommendLoop: HTTPService, @unchecked Sendable {
    /// What all loops share.
    struct Plan: Sendable {
        let list: GiftList
        let tickets: TicketVerifier
        let pages: StaticPages
        let options: ProfileRoadOptions
    }

    let loop: any EventLoop
    private let plan: Plan
    private let redis: RedisConnection
    private let stock: StockView
    private let meters: RecommendMeters
    private var roadMeters: ProfileRoadMeters
    private let readiness: ReadinessCheck
    private var road: ProfileRoad?
    private var common: [Float] = []
    private var timer: RepeatedTask?

    init(
        index: Int, redis: RedisConnection, plan: Plan, meters: RecommendMeters, readiness: ReadinessCheck
    ) {
        loop = redis.loop
        self.redis = redis
        self.plan = plan
        self.meters = meters
        self.readiness = readiness
        roadMeters = ProfileRoadMeters(loop: index)
        stock = StockView(catalog: plan.list.catalog, redis: redis)
    }

    // MARK: - Life, on the loop

    /// - Parameter makeRoad: makes the way to profiles over the loop's connection.
    func start(makeRoad: (RedisConnection) -> ProfileRoad) {
        loop.assertInEventLoop()
        road = makeRoad(redis)
        redis.onState = { [readiness] isReady in
            // Once it has been there, its loss degrades lists and stops nothing.
            if isReady { readiness.set(true, "") }
        }
        redis.start()
        tick()
        timer = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [self] _ in
            tick()
        }
    }

    func stop() {
        loop.assertInEventLoop()
        timer?.cancel()
        redis.close()
    }

    private func tick() {
        common = plan.list.ranking.common(nowMs: SystemClock.nowMs)
        stock.refresh()
        if let road { roadMeters.show(road) }
    }

    /// For the status page.
    var status: LoopStatus {
        LoopStatus(
            redisIsReady: redis.isReady, cachedPeople: road?.cachedPeople ?? 0,
            inProgress: road?.inProgress ?? 0, soldOutPlaces: stock.count,
            counters: road?.counters ?? ProfileRoadCounters())
    }

    // MARK: - Requests

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        guard request.path == "/v1/gifts" else {
            return responder.respond(plan.pages.response(to: request) ?? .notFound)
        }
        guard request.method == .get else { return responder.respond(.methodNotAllowed("GET")) }
        let startedNs = SystemClock.nowNs
        let nowMs = SystemClock.nowMs
        guard let token = request.bearerToken else {
            return refuse(responder, "no Authorization: Bearer header")
        }
        let user: UInt64
        do throws(TicketError) {
            user = try plan.tickets.verify(token, nowS: nowMs / 1000).user
        } catch {
            return refuse(responder, "the ticket is refused: \(error.rawValue)")
        }
        guard let road else {
            return responder.respond(.problem(status: 503, headers: [("retry-after", "1")]))
        }
        road.profile(user: user, games: plan.list.catalog.allGames) { [self] answer in
            responder.respond(.json(list(answer), headers: Self.listHeaders))
            meters.listed(isDegraded: answer.degraded, startedNs: startedNs)
        }
    }

    /// A list is one person's, and changes.
    private static let listHeaders = [("cache-control", "no-store")]

    private func list(_ answer: ProfileAnswer) -> [UInt8] {
        let shard = stock.shard(user: answer.profile.user)
        return plan.list.json(
            answer.profile, missing: answer.missing, degraded: answer.degraded, nowMs: SystemClock.nowMs,
            common: common, isSoldOut: { self.stock.isSoldOut(gift: $0, shard: shard) })
    }

    private func refuse(_ responder: HTTPResponder, _ why: String) {
        meters.refused()
        responder.respond(
            .problem(
                status: 401, title: "A valid login ticket is needed", detail: why,
                type: "urn:hongbao:problem:unauthorized", headers: [("www-authenticate", "Bearer")]))
    }
}
