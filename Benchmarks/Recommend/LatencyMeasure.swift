import Bench
import NIOCore
import NIOPosix
import Stack
import Wire

/// Latency at half of the highest rate, with the role services healthy, hung and erring.
///
/// Of the people who come, `askedShare` play a game of which the answer is not known any more: that one
/// game's role service has to be asked, each time about somebody new. Each run begins with healthy services;
/// they change at the moment at which counting begins, so that the change itself is in the figures.
struct LatencyMeasure {
    /// More than one of a hundred, so that the 99th percentile is one of theirs.
    private static let askedShare = 0.02
    private static let connections = 1024
    private static let settleSeconds = 2.0
    /// Of the healthy p99; or one millisecond more.
    private static let passRatio = 1.2
    private static let passMs = 1.0

    let stage: Stage
    /// The rate that one core can serve at most.
    let highest: Double

    private var known: Int { CachedMeasure.people }
    private var rounds: Int { stage.options.pairs }
    private var rate: Double { highest / 2 }
    /// Long enough for a tail, whatever a throughput run takes.
    private var seconds: Double { Double(stage.options.seconds) * 2 }

    func run() async throws -> [ResultRow] {
        stage.say(
            "latency: \(Figure.text(rate)) a second, of whom \(percent(Self.askedShare)) must be asked for")
        let double = RoleDouble()
        let found = PeopleBox()
        let port = try await double.start { found.people }
        let campaign = try BenchCampaign(stage, rolesPort: port)
        let people = BenchPeople(catalog: campaign.catalog, nowS: stage.nowS)
        found.people = people
        let redis = try RedisServer(
            in: stage.run, name: "redis-latency", extraArguments: ["--appendonly", "no"])
        defer { redis.stop() }
        let asked = try await fill(redis, people)
        let recommend = try RecommendServer(stage, .init(campaign: campaign, redisURL: redis.url))
        defer { recommend.stop() }
        try warm(recommend, people)
        let desk = RequestDesk(stage, people, known: known, asked: asked)
        var outcomes: [RoleDouble.Mode: [OpenLoop.Outcome]] = [:]
        for round in 0..<rounds {
            // Another one begins each time.
            let modes = RoleDouble.Mode.allCases
            for step in modes.indices {
                let mode = modes[(step + round) % modes.count]
                let outcome = try await measured(mode, round, double, recommend, desk)
                outcomes[mode, default: []].append(outcome)
            }
        }
        await double.stop()
        return rows(outcomes)
    }

    private func fill(_ redis: RedisServer, _ people: BenchPeople) async throws -> Range<Int> {
        let runs = Double(rounds * RoleDouble.Mode.allCases.count)
        let need = Self.askedShare * rate * (Self.settleSeconds + seconds) * runs * 1.1
        let asked = known..<(known + Int(need) + 1000)
        let store = try await PeopleStore(redis)
        try await store.load(0..<known) { people.profile($0) }
        try await store.load(asked) { people.partProfile($0) }
        await store.close()
        return asked
    }

    private func warm(_ recommend: RecommendServer, _ people: BenchPeople) throws {
        let requests = try RequestFile("\(stage.run.path)/latency.requests", count: known) {
            stage.tickets.request(user: people.user($0))
        }
        try CachedMeasure.warm(recommend, requests, stage)
        requests.remove()
    }

    private func measured(
        _ mode: RoleDouble.Mode, _ round: Int, _ double: RoleDouble, _ recommend: RecommendServer,
        _ desk: RequestDesk
    ) async throws -> OpenLoop.Outcome {
        double.mode = .healthy
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let plan = OpenLoop.Plan(
            port: recommend.port, connections: Self.connections, perSecond: rate,
            settleSeconds: Self.settleSeconds, seconds: seconds, seed: Stage.seed ^ UInt64(round))
        let generator = OpenLoop(
            plan, loop: group.next(), nextRequest: { desk.next(askedShare: Self.askedShare) },
            onSettled: { double.mode = mode })
        let watch = try ProcessWatch(pid: recommend.process.pid)
        let outcome = try await generator.run()
        let busy = try watch.busy()
        try await group.shutdownGracefully()
        stage.say("  \(mode): \(outcome.latencies.text), core busy \(percent(busy))")
        stage.say(
            "    \(outcome.sent) sent, 200: \(percent(outcome.successRatio)), degraded "
                + "\(percent(outcome.degradedRatio)), lost \(outcome.lost), sent late by "
                + "p99 \(Figure.text(outcome.lateness.ms(99))) ms")
        return outcome
    }

    // MARK: - Rows

    private func rows(_ outcomes: [RoleDouble.Mode: [OpenLoop.Outcome]]) -> [ResultRow] {
        guard let healthy = outcomes[.healthy] else { return [] }
        let at = "at \(Figure.text(rate))/s"
        var rows: [ResultRow] = []
        for mode in [RoleDouble.Mode.hung, .erring] {
            guard let these = outcomes[mode] else { continue }
            for percentile in [50, 99, 99.9] {
                let (mine, base) = (ms(these, percentile), ms(healthy, percentile))
                let goal = max(Self.passRatio, base > 0 ? (base + Self.passMs) / base : Self.passRatio)
                let name = percentile == 99.9 ? "p99.9" : "p\(Int(percentile))"
                rows.append(
                    ResultRow(
                        "\(name) \(at), IDIP \(mode)", ours: mine, unit: "ms", better: .lower, peer: base,
                        peerName: "IDIP healthy", pass: percentile == 99 ? goal : nil))
            }
            rows.append(
                ResultRow(
                    "answered 200, IDIP \(mode)", ours: 100 * success(these), unit: "%", better: .higher,
                    peer: 100 * success(healthy), peerName: "IDIP healthy", pass: 1,
                    note: "degraded \(percent(degraded(these))), healthy \(percent(degraded(healthy)))"))
        }
        return rows
    }

    private func ms(_ outcomes: [OpenLoop.Outcome], _ percentile: Double) -> Double {
        Median.of(outcomes.map { $0.latencies.ms(percentile) })
    }

    /// Over all runs: one failure in any of them counts.
    private func success(_ outcomes: [OpenLoop.Outcome]) -> Double {
        let sent = outcomes.reduce(0) { $0 + $1.sent }
        return Double(outcomes.reduce(0) { $0 + $1.succeeded }) / Double(max(1, sent))
    }

    private func degraded(_ outcomes: [OpenLoop.Outcome]) -> Double {
        let sent = outcomes.reduce(0) { $0 + $1.sent }
        return Double(outcomes.reduce(0) { $0 + $1.degraded }) / Double(max(1, sent))
    }
}

/// Requests as the generator wants them; used on one loop at a time.
private final class RequestDesk {
    private let known: [ByteBuffer]
    private let asked: [ByteBuffer]
    private var nextAsked = 0
    private var random = SplitMix64(seed: Stage.seed ^ 0x6f70_656e)

    init(_ stage: Stage, _ people: BenchPeople, known: Int, asked: Range<Int>) {
        func request(_ index: Int) -> ByteBuffer {
            ByteBuffer(bytes: stage.tickets.request(user: people.user(index)))
        }
        self.known = (0..<known).map(request)
        self.asked = asked.map(request)
    }

    func next(askedShare: Double) -> ByteBuffer {
        if Double.random(in: 0..<1, using: &random) < askedShare, nextAsked < asked.count {
            nextAsked += 1
            return asked[nextAsked - 1]
        }
        return known[Int(random.next() % UInt64(known.count))]
    }
}
