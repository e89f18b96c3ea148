import Bench
import Stack

/// How the cost grows with the packs of a campaign, beside nginx serving a file of as many bytes.
struct PacksMeasure {
    let stage: Stage

    func run() async throws -> [ResultRow] {
        var rows: [ResultRow] = []
        for count in [10, 100, 1000] {
            stage.say("packs: \(count) packs")
            let campaign = try BenchCampaign(stage, packs: count)
            let people = BenchPeople(catalog: campaign.catalog, nowS: stage.nowS)
            let redis = try RedisServer(
                in: stage.run, name: "redis-packs-\(count)", extraArguments: ["--appendonly", "no"])
            defer { redis.stop() }
            let store = try await PeopleStore(redis)
            try await store.load(0..<CachedMeasure.people) { people.profile($0) }
            await store.close()
            rows.append(try row(count, campaign, people, redis))
        }
        return rows
    }

    private func row(
        _ count: Int, _ campaign: BenchCampaign, _ people: BenchPeople, _ redis: RedisServer
    ) throws -> ResultRow {
        let requests = try RequestFile("\(stage.run.path)/packs.requests", count: CachedMeasure.people) {
            stage.tickets.request(user: people.user($0))
        }
        let recommend = try RecommendServer(stage, .init(campaign: campaign, redisURL: redis.url))
        defer { recommend.stop() }
        let bytes = try GiftAnswer.check(
            port: recommend.port, people: people, of: CachedMeasure.people, tickets: stage.tickets,
            samples: 50)
        let (nginx, _) = try Nginx.fastest(bytes: bytes, requests: requests, stage)
        defer { nginx.stop() }
        try CachedMeasure.warm(recommend, requests, stage)
        var costs: [Double] = []
        let pairs = try PairSeries(
            stage.options.pairs,
            ours: {
                let run = try Wrk(stage).run(requests, port: recommend.port, server: recommend.process.pid)
                stage.say("  ours: \(run.text)")
                costs.append(run.cost)
                return run.sample
            },
            peer: {
                let run = try Wrk(stage).run(requests, port: nginx.port, server: nginx.process.pid)
                stage.say("  nginx: \(run.text)")
                return run.sample
            })
        return ResultRow(
            "lists of \(count) packs, profile cached", pairs, unit: "/s a core", better: .higher,
            peerName: "nginx, file of \(bytes) bytes",
            note: "\(Figure.text(Median.of(costs))) µs a list")
    }
}
