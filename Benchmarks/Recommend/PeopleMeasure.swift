import Bench
import Profiles
import Stack
import Wire

/// How the cost grows with the people: in Redis, in look-ups, and in the memory of the process.
struct PeopleMeasure {
    /// What the compact form of a person with five games and a vector may take, in bytes.
    private static let valueBudget = 120.0

    let stage: Stage

    func run() async throws -> [ResultRow] {
        let sizes = stage.options.quick ? [1_000, 20_000] : [1_000, 100_000, 1_000_000]
        let campaign = try BenchCampaign(stage)
        let people = BenchPeople(catalog: campaign.catalog, nowS: stage.nowS)
        let redis = try RedisServer(
            in: stage.run, name: "redis-people", extraArguments: ["--appendonly", "no"])
        defer { redis.stop() }
        let store = try await PeopleStore(redis)
        let empty = try await store.usedMemory()
        var (rows, loaded, value) = ([ResultRow](), 0, 0.0)
        for size in sizes {
            stage.say("people: \(size) people in Redis")
            value = try await store.load(loaded..<size) { people.profile($0) }
            loaded = size
            let each = Double(try await store.usedMemory() - empty) / Double(size)
            rows.append(
                ResultRow(
                    "Redis's memory a person, \(Figure.text(Double(size))) people", ours: each, unit: "bytes",
                    better: .lower, peer: json(people), peerName: "the same as JSON, without its key"))
            rows.append(try lookUps(size, campaign, people, redis))
        }
        await store.close()
        let form = ResultRow(
            "value in Redis, 5 games and a vector", ours: value, unit: "bytes", better: .lower,
            peer: Self.valueBudget, peerName: "budget", pass: 1)
        return [form] + rows + [try memory(loaded, campaign, people, redis)]
    }

    /// A person as a document would hold it, in bytes.
    private func json(_ people: BenchPeople) -> Double {
        let samples = 100
        let bytes = (0..<samples).reduce(0) { $0 + document(people.profile($1)).count }
        return Double(bytes) / Double(samples)
    }

    private func document(_ profile: Profile) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("fetched_at")
        json.unsigned(UInt64(profile.fetchedAtS))
        json.key("known")
        json.unsigned(profile.known)
        json.key("games")
        json.beginArray()
        for game in profile.games {
            json.beginObject()
            json.key("game")
            json.unsigned(UInt64(game.game))
            json.key("registered_at")
            json.unsigned(UInt64(game.registeredAtS))
            json.key("region")
            json.unsigned(UInt64(game.roles[0].region))
            json.key("role")
            json.unsigned(game.roles[0].id)
            json.endObject()
        }
        json.endArray()
        json.key("preference")
        json.beginArray()
        for value in profile.preference { json.double((Double(value) * 1000).rounded() / 1000) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    /// Lists a second with each profile from Redis, everybody in turn and in no order.
    private func lookUps(
        _ size: Int, _ campaign: BenchCampaign, _ people: BenchPeople, _ redis: RedisServer
    ) throws -> ResultRow {
        let requests = try shuffled(size, people)
        defer { requests.remove() }
        let recommend = try RecommendServer(
            stage, .init(campaign: campaign, redisURL: redis.url, cacheBytes: 0))
        defer { recommend.stop() }
        let runs = try (0..<stage.options.pairs).map { _ in
            try Wrk(stage).run(
                requests, port: recommend.port, server: recommend.process.pid, fromFile: true)
        }
        for run in runs { stage.say("  from Redis: \(run.text)") }
        return ResultRow(
            "lists from Redis, \(Figure.text(Double(size))) people in it", ours: Median.of(runs.map(\.rate)),
            unit: "/s a core", better: .higher,
            note: "busy \(percent(Median.of(runs.map(\.serverBusy))))")
    }

    private func shuffled(_ size: Int, _ people: BenchPeople) throws -> RequestFile {
        let order = Shuffle.order(size)
        return try RequestFile("\(stage.run.path)/people.requests", count: size) { index in
            stage.tickets.request(user: people.user(order[index]))
        }
    }

    /// What a person takes in the process once everybody is cached.
    private func memory(
        _ size: Int, _ campaign: BenchCampaign, _ people: BenchPeople, _ redis: RedisServer
    ) throws -> ResultRow {
        stage.say("people: \(size) people in the process")
        let requests = try shuffled(size, people)
        defer { requests.remove() }
        let recommend = try RecommendServer(
            stage, .init(campaign: campaign, redisURL: redis.url, cacheBytes: 4 << 30))
        defer { recommend.stop() }
        // What is there for any number of people is there by the time the first tenth of them is.
        let few = try grown(to: size / 10, requests, recommend)
        let all = try grown(to: size, requests, recommend)
        let mebibytes = Figure.text(Double(all.bytes) / 1_048_576)
        return ResultRow(
            "process memory a person, \(Figure.text(Double(size))) cached",
            ours: Double(all.bytes - few.bytes) / Double(all.people - few.people), unit: "bytes",
            better: .lower, note: "\(mebibytes) MiB in all")
    }

    /// Has so many people cached, and looks at the process.
    private func grown(
        to size: Int, _ requests: RequestFile, _ recommend: RecommendServer
    ) throws -> (people: Int, bytes: Int) {
        try Wrk(stage).run(requests, port: recommend.port, fromFile: true) {
            try recommend.cachedPeople() >= size
        }
        let bytes = try ProcessMemory.of(pid: recommend.process.pid).proportional
        let people = try recommend.cachedPeople()
        stage.say("  \(people) people: \(Figure.text(Double(bytes) / 1_048_576)) MiB")
        return (people, bytes)
    }
}
