import Bench
import Stack

/// Every profile from Redis: Recommend without a cache beside nginx with LuaJIT.
///
/// Where everything runs, alike for both sides: the side under test alone on its core; Redis, wrk and this
/// process share the other one.
struct StoreMeasure {
    let stage: Stage
    private var people: Int { stage.options.quick ? 10_000 : 100_000 }

    func run() async throws -> [ResultRow] {
        stage.say("store: \(people) people in Redis, no cache")
        let campaign = try BenchCampaign(stage)
        let crowd = BenchPeople(catalog: campaign.catalog, nowS: stage.nowS)
        let lua = LuaPeer(stage, campaign.catalog)
        let redis = try RedisServer(
            in: stage.run, name: "redis-store", extraArguments: ["--appendonly", "no"])
        defer { redis.stop() }
        try await fill(redis, crowd, lua)
        let requests = try shuffledRequests(crowd)
        defer { requests.remove() }
        let recommend = try RecommendServer(
            stage, .init(campaign: campaign, redisURL: redis.url, cacheBytes: 0))
        defer { recommend.stop() }
        let nginx = try lua.start(redisPort: redis.port)
        defer { nginx.stop() }
        let same = try comparedOrders(recommend.port, nginx.port, crowd)
        let pairs = try PairSeries(
            stage.options.pairs,
            ours: { try measured("ours", requests, recommend.port, recommend.process.pid) },
            peer: { try measured("nginx", requests, nginx.port, nginx.process.pid) })
        guard try recommend.cachedPeople() == 0 else { throw StackFailure("the cache is not off") }
        return [
            ResultRow(
                "lists, every profile from Redis", pairs, unit: "/s a core", better: .higher,
                peerName: "nginx, LuaJIT, Redis", pass: 3,
                note: "busy \(percent(pairs.oursBusy ?? 0)), \(percent(pairs.peerBusy ?? 0)); \(same)")
        ]
    }

    private func fill(_ redis: RedisServer, _ crowd: BenchPeople, _ lua: LuaPeer) async throws {
        let store = try await PeopleStore(redis)
        try await store.load(0..<people) { crowd.profile($0) }
        try await store.store(0..<people) { index in
            (LuaPeer.key(user: crowd.user(index)), lua.record(try crowd.storedProfile(index)))
        }
        await store.close()
    }

    /// Everybody once, in no order.
    private func shuffledRequests(_ crowd: BenchPeople) throws -> RequestFile {
        let order = Shuffle.order(people)
        return try RequestFile("\(stage.run.path)/store.requests", count: people) { index in
            stage.tickets.request(user: crowd.user(order[index]))
        }
    }

    private func measured(
        _ who: String, _ requests: RequestFile, _ port: Int, _ pid: Int32
    ) throws -> Sample {
        let run = try Wrk(stage).run(requests, port: port, server: pid, fromFile: true)
        stage.say("  \(who): \(run.text)")
        return run.sample
    }

    /// Both must put the same packs in the same order. Ours adds in single precision and the peer in double,
    /// so that two packs whose scores are equal to seven digits may stand the other way round.
    private func comparedOrders(_ ours: Int, _ peer: Int, _ crowd: BenchPeople) throws -> String {
        let samples = 300
        var same = 0
        for sample in 0..<samples {
            let user = crowd.user(sample * people / samples)
            let mine = try GiftAnswer.ask(port: ours, user: user, tickets: stage.tickets)
            let theirs = try GiftAnswer.ask(port: peer, user: user, tickets: stage.tickets)
            guard mine.claimable == theirs.claimable, mine.gifts.count == theirs.gifts.count else {
                throw StackFailure("the lists of \(user) differ: \(mine) \(theirs)")
            }
            if mine.gifts == theirs.gifts { same += 1 }
        }
        guard same * 100 >= samples * 98 else {
            throw StackFailure("only \(same) of \(samples) lists are in the same order")
        }
        return "same order for \(same) of \(samples)"
    }
}
