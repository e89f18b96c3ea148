import Catalog
import Credentials
import HTTPServer
import Logging
import NIOCore
import Pacing
import ProfileRoad
import Profiles
import Redis
import ServiceShell
import ServiceWiring
import Telemetry

/// What one event loop of Recommend does: everything of a request, on that loop.
///
/// `@unchecked Sendable`: all state is touched on `loop` only; `init` shares nothing that is not `Sendable`.
final class RecommendLoop: HTTPService, @unchecked Sendable {
    /// What is served until the campaign's files change.
    final class Edition: Sendable {
        let list: GiftList
        let pages: Pages

        let allGames: UInt64
        let closesAtMs: Int64

        var catalog: Catalog { list.catalog }

        init(list: GiftList, pages: Pages) {
            self.list = list
            self.pages = pages
            allGames = list.catalog.allGames
            closesAtMs = list.catalog.campaign.closesAtMs
        }
    }

    /// How often stock is read, and what of the scores changes with time is computed.
    private static let tickInterval = TimeAmount.milliseconds(500)
    /// How often the loop's lateness is looked at.
    private static let lagInterval = TimeAmount.milliseconds(50)

    let loop: any EventLoop
    private var edition: Edition
    private let limits: RecommendLimits
    private let redis: RedisRouter
    private var stock: StockView
    private let meters: RecommendMeters
    private var roadMeters: ProfileRoadMeters
    private let readiness: ReadinessCheck
    private var road: ProfileRoad?
    private var tickets: VerifiedTickets
    private var people: PersonLimiter
    private var refreshes: PersonLimiter
    private var shedder: LoadShedder
    private var common: Ranking.Common
    private let scratch = ListScratch()
    private var tally = RecommendTally()
    /// Lists whose profiles are on their way.
    private var waiting = 0
    private var timers: [RepeatedTask] = []
    private var lagDueNs: UInt64 = 0

    init(
        index: Int, redis: RedisRouter, edition: Edition, tickets: consuming VerifiedTickets,
        limits: RecommendLimits, meters: RecommendMeters, readiness: ReadinessCheck
    ) {
        loop = redis.loop
        self.redis = redis
        self.edition = edition
        self.tickets = tickets
        self.limits = limits
        self.meters = meters
        self.readiness = readiness
        people = PersonLimiter(
            limit: limits.lists.limit, slots: limits.slots, seed: .random(in: .min ... .max))
        refreshes = PersonLimiter(
            limit: limits.refreshes.limit, slots: limits.slots, seed: .random(in: .min ... .max))
        shedder = LoadShedder(maxDelayNs: limits.maxLoopDelayNs)
        roadMeters = ProfileRoadMeters(loop: index)
        stock = StockView(catalog: edition.catalog, redis: redis)
        common = edition.list.ranking.common(nowMs: SystemClock.nowMs)
    }

    // MARK: - Life, on the loop

    /// - Parameter makeRoad: makes the way to profiles over the loop's connection.
    func start(makeRoad: (RedisRouter) -> ProfileRoad) {
        loop.assertInEventLoop()
        road = makeRoad(redis)
        redis.onState = { [readiness] isReady in
            // Once it has been there, its loss degrades lists and stops nothing.
            if isReady { readiness.set(true, "") }
        }
        redis.start()
        tick()
        lagDueNs = SystemClock.nowNs + UInt64(Self.lagInterval.nanoseconds)
        timers = [
            loop.scheduleRepeatedTask(initialDelay: Self.tickInterval, delay: Self.tickInterval) {
                [self] _ in tick()
            },
            loop.scheduleRepeatedTask(initialDelay: Self.lagInterval, delay: Self.lagInterval) {
                [self] _ in observeLag()
            },
        ]
    }

    func stop() {
        loop.assertInEventLoop()
        for timer in timers { timer.cancel() }
        meters.take(&tally)
        redis.close()
    }

    /// Serves another edition of the same campaign from the next request on.
    func adopt(_ edition: Edition) {
        loop.assertInEventLoop()
        if edition.catalog.contentHash != self.edition.catalog.contentHash {
            road?.adopt(edition.catalog)
            stock.adopt(edition.catalog)
        }
        self.edition = edition
        common = edition.list.ranking.common(nowMs: SystemClock.nowMs)
    }

    /// Verifies tickets by other keys from the next request on.
    func adopt(_ keys: TicketVerifier) {
        loop.assertInEventLoop()
        tickets.adopt(keys)
    }

    private func tick() {
        common = edition.list.ranking.common(nowMs: SystemClock.nowMs)
        stock.refresh()
        meters.take(&tally)
        if let road { roadMeters.show(road) }
    }

    private func observeLag() {
        let nowNs = SystemClock.nowNs
        shedder.observe(latenessNs: nowNs > lagDueNs ? nowNs - lagDueNs : 0)
        lagDueNs = nowNs + UInt64(Self.lagInterval.nanoseconds)
    }

    /// For the status page.
    var status: LoopStatus {
        LoopStatus(
            redisIsReady: redis.isReady, cachedPeople: road?.cachedPeople ?? 0,
            inProgress: road?.inProgress ?? 0, waiting: waiting, soldOutPlaces: stock.count,
            shedShare: shedder.share, counters: road?.counters ?? ProfileRoadCounters())
    }

    // MARK: - Requests

    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        if request.hasPath("/v1/gifts") {
            guard request.method == .get else { return responder.respond(.methodNotAllowed("GET")) }
            list(request, responder)
        } else if request.hasPath("/v1/gifts/refresh") {
            guard request.method == .post else { return responder.respond(.methodNotAllowed("POST")) }
            refresh(request, responder)
        } else {
            responder.respond(edition.pages.response(to: request) ?? .notFound)
        }
    }

    private func list(_ request: HTTPRequest, _ responder: HTTPResponder) {
        guard let visit = admit(request, responder, isRefresh: false), let road else { return }
        let games = edition.allGames
        if let missing = road.load(user: visit.user, games: games, into: &scratch.person) {
            return answer(missing: missing, degraded: missing != 0, visit, responder)
        }
        guard mayWait(responder) else { return }
        road.profile(user: visit.user, games: games) { [self] in found($0, visit, responder) }
    }

    /// The person says that they have just registered in a game: its role service is asked now.
    private func refresh(_ request: HTTPRequest, _ responder: HTTPResponder) {
        guard let visit = admit(request, responder, isRefresh: true), let road else { return }
        guard mayWait(responder) else { return }
        road.refresh(user: visit.user, game: visit.game, games: edition.allGames, always: true) { [self] in
            found($0, visit, responder)
        }
    }

    /// Counts a list whose profile has to be found, while there are not too many of them. Who is cached waits
    /// for nobody: role services that hang must not shut them out.
    private func mayWait(_ responder: HTTPResponder) -> Bool {
        guard waiting < limits.maxWaiting else {
            tally.overloaded += 1
            responder.respond(RecommendProblem.overloaded)
            return false
        }
        waiting += 1
        return true
    }

    private func found(_ answer: ProfileAnswer, _ visit: Visit, _ responder: HTTPResponder) {
        waiting -= 1
        scratch.person.set(answer.profile)
        self.answer(missing: answer.missing, degraded: answer.degraded, visit, responder)
    }

    /// Who asks, since when, and for what.
    private struct Visit {
        let user: UInt64
        let nowMs: Int64
        let startedNs: UInt64
        /// Of a refresh.
        let game: UInt8
    }

    /// Everything that is decided before a profile is looked for; nil = the request has been answered.
    private func admit(_ request: HTTPRequest, _ responder: HTTPResponder, isRefresh: Bool) -> Visit? {
        guard road != nil else { return refuse(responder, RecommendProblem.starting, \.overloaded) }
        guard !shedder.sheds() else {
            return refuse(responder, RecommendProblem.overloaded, \.overloaded)
        }
        let startedNs = SystemClock.nowNs
        let nowMs = SystemClock.nowMs
        let user: UInt64
        switch verify(request, nowS: nowMs / 1000) {
        case .success(let ticket)?: user = ticket.user
        case .failure(let error)?:
            return refuse(responder, RecommendProblem.ticket(error), \.unauthorized)
        case nil: return refuse(responder, RecommendProblem.noTicket, \.unauthorized)
        }
        let query: ListQuery
        do throws(ListQuery.Refusal) {
            query =
                isRefresh || request.hasQuery
                ? try ListQuery(request, catalog: edition.catalog, isRefresh: isRefresh) : ListQuery()
        } catch {
            return refuse(responder, error.response, \.malformed)
        }
        guard nowMs < edition.closesAtMs else {
            return refuse(responder, RecommendProblem.over, \.over)
        }
        let decision =
            isRefresh
            ? refreshes.take(user: user, nowNs: startedNs) : people.take(user: user, nowNs: startedNs)
        if case .limited = decision {
            let quota = isRefresh ? limits.refreshes : limits.lists
            return refuse(responder, RecommendProblem.tooMany(quota.headers(decision)), \.limited)
        }
        return Visit(user: user, nowMs: nowMs, startedNs: startedNs, game: query.game)
    }

    /// Nil = there is no ticket.
    private func verify(_ request: HTTPRequest, nowS: Int64) -> Result<Ticket, TicketError>? {
        var result: Result<Ticket, TicketError>?
        request.withBearerToken { token in
            do throws(TicketError) {
                result = .success(try tickets.verify(token, nowS: nowS))
            } catch {
                result = .failure(error)
            }
        }
        return result
    }

    private func refuse(
        _ responder: HTTPResponder, _ response: HTTPResponse,
        _ count: WritableKeyPath<RecommendTally, Int>
    ) -> Visit? {
        tally[keyPath: count] += 1
        responder.respond(response)
        return nil
    }

    /// The list of `scratch.person`.
    private func answer(missing: UInt64, degraded: Bool, _ visit: Visit, _ responder: HTTPResponder) {
        edition.list.write(
            scratch.person, missing: missing, degraded: degraded, nowMs: visit.nowMs, common: common,
            soldOut: stock.soldOut(shard: stock.shard(user: visit.user)), into: scratch)
        responder.respond(
            HTTPResponse(
                status: 200, contentType: "application/json", headers: Self.listHeaders,
                body: .buffer(scratch.out)))
        if degraded { tally.degraded += 1 } else { tally.whole += 1 }
        meters.answered(startedNs: visit.startedNs)
    }

    /// A list is one person's, and changes.
    private static let listHeaders = [("cache-control", "no-store")]
}
