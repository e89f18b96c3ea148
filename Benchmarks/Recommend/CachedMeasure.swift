import Bench
import Stack

/// One core, every profile in the loop-local cache: Recommend beside nginx serving a file of as many bytes.
/// And what it costs more when every ticket is seen for the first time.
struct CachedMeasure {
    static let people = 10_000

    let stage: Stage

    /// The rows, and the highest rate, for the measure of latency.
    func run() async throws -> (rows: [ResultRow], rate: Double) {
        stage.say("cached: \(Self.people) people in the loop's cache, wrk -t1 -c\(Wrk.connections)")
        return try await prepared { settings, people, requests in
            let steady = try cached(settings, people, requests)
            let first = try FirstSeenMeasure(stage: stage).run(settings, people, requests)
            return ([steady.row] + first, steady.rate)
        }
    }

    /// The highest rate alone, where the rows are not wanted.
    func highestRate() async throws -> Double {
        stage.say("the highest rate, with every profile cached")
        return try await prepared { settings, _, requests in
            let recommend = try RecommendServer(stage, settings)
            defer { recommend.stop() }
            try Self.warm(recommend, requests, stage)
            return Median.of(
                try (0..<3).map { _ in
                    try measured("ours", requests, recommend.port, recommend.process.pid).value
                })
        }
    }

    private func prepared<Result>(
        _ body: (RecommendServer.Settings, BenchPeople, RequestFile) throws -> Result
    ) async throws -> Result {
        let campaign = try BenchCampaign(stage)
        let people = BenchPeople(catalog: campaign.catalog, nowS: stage.nowS)
        let redis = try RedisServer(
            in: stage.run, name: stage.childName("redis"), extraArguments: ["--appendonly", "no"])
        defer { redis.stop() }
        let store = try await PeopleStore(redis)
        try await store.load(0..<Self.people) { people.profile($0) }
        await store.close()
        let requests = try RequestFile("\(stage.run.path)/cached.requests", count: Self.people) {
            stage.tickets.request(user: people.user($0))
        }
        return try body(.init(campaign: campaign, redisURL: redis.url), people, requests)
    }

    private func cached(
        _ settings: RecommendServer.Settings, _ people: BenchPeople, _ requests: RequestFile
    ) throws -> (row: ResultRow, rate: Double) {
        let recommend = try RecommendServer(stage, settings)
        defer { recommend.stop() }
        let bytes = try GiftAnswer.check(
            port: recommend.port, people: people, of: Self.people, tickets: stage.tickets)
        let (nginx, sending) = try Nginx.fastest(bytes: bytes, requests: requests, stage)
        defer { nginx.stop() }
        try Self.warm(recommend, requests, stage)
        let pairs = try PairSeries(
            stage.options.pairs,
            ours: { try measured("ours", requests, recommend.port, recommend.process.pid) },
            peer: { try measured("nginx", requests, nginx.port, nginx.process.pid) })
        let row = ResultRow(
            "lists, profile cached", pairs, unit: "/s a core", better: .higher,
            peerName: "nginx, file of \(bytes) bytes (\(sending.rawValue))", pass: 1, aim: 1.25,
            note: note(pairs))
        return (row, pairs.oursMedian)
    }

    private func measured(
        _ who: String, _ requests: RequestFile, _ port: Int, _ pid: Int32
    ) throws -> Sample {
        let run = try Wrk(stage).run(requests, port: port, server: pid)
        stage.say("  \(who): \(run.text), \(run.bytes / run.requests) bytes an answer")
        return run.sample
    }

    /// Passes over all people, until each one's profile and ticket are known.
    static func warm(_ recommend: RecommendServer, _ requests: RequestFile, _ stage: Stage) throws {
        try Wrk(stage).run(requests, port: recommend.port) { try recommend.cachedPeople() >= people }
    }

    private func note(_ pairs: PairSeries) -> String {
        "busy \(percent(pairs.oursBusy ?? 0)), \(percent(pairs.peerBusy ?? 0))"
    }
}
