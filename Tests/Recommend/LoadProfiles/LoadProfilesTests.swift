import ArgumentParser
import Catalog
import NIOPosix
import ProfileRoad
import Profiles
import Redis
import Stack
import Testing

@testable import Recommend

@Suite("recommend load-profiles, against a real Redis")
struct LoadProfilesTests {
    private static let campaign = "\(ShippedCampaign.staticData)/campaigns/spring-festival"

    private func withRedis(_ body: (RedisServer, RedisRouter, Catalog) async throws -> Void) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await inPlace(body)
        }
    }

    private func inPlace(_ body: (RedisServer, RedisRouter, Catalog) async throws -> Void) async throws {
        let run = try RunDirectory.claimUnique(prefix: "load-profiles")
        defer { run.release() }
        let server = try RedisServer(in: run)
        defer { server.stop() }
        var options = RedisOptions()
        options.commandTimeout = .seconds(10)
        let redis = RedisRouter(
            try RedisTarget(url: server.url), loop: MultiThreadedEventLoopGroup.singleton.next(),
            options: options)
        let result: Result<Void, any Error>
        do {
            try await redis.ready(within: .seconds(20))
            result = .success(try await body(server, redis, try ShippedCampaign.catalog()))
        } catch {
            result = .failure(error)
        }
        await redis.shutDown()
        try result.get()
    }

    private func key(_ user: UInt64, _ catalog: Catalog) -> String {
        ProfileRoad.key(campaign: catalog.campaign.id, user: user)
    }

    private func stored(_ user: UInt64, _ redis: RedisRouter, _ catalog: Catalog) async throws -> Profile? {
        guard let bytes = try await redis.send(.make("GET", key(user, catalog))).bytes else { return nil }
        return try ProfileCodec.decode(bytes, user: user)
    }

    private func line(_ user: Int, vector: [Float]? = nil, role: Int? = nil) -> String {
        var parts = ["\"user\":\"\(user)\""]
        if let vector { parts.append("\"vector\":[\(vector.map { "\($0)" }.joined(separator: ","))]") }
        if let role {
            parts.append(
                "\"games\":[{\"game\":\"dragon-tide\",\"registered_at\":1700000000,"
                    + "\"roles\":[{\"region\":\"east\",\"role\":\"\(role)\"}]}]")
        }
        return "{\(parts.joined(separator: ","))}"
    }

    private func vector(_ number: Int) -> [Float] { (0..<32).map { Float(($0 + number) % 32) / 32 } }

    private func load(_ lines: [String], _ server: RedisServer) async throws -> Int32 {
        let directory = try TemporaryDirectory()
        try directory.write(lines.joined(separator: "\n"), to: "people")
        do {
            let command = try LoadProfiles.parse(
                ["\(directory.path)/people", "--redis", server.url, "--campaign", Self.campaign])
            try await command.run()
            return 0
        } catch let code as ExitCode {
            return code.rawValue
        }
    }

    @Test("people are put where Recommend looks for them, in several batches")
    func loads() async throws {
        try await withRedis { server, redis, catalog in
            let count = 2 * ProfileLoad.batch + 7
            let lines = (0..<count).map { line($0, vector: vector($0), role: $0 % 3 == 0 ? $0 + 1 : nil) }
            #expect(try await load(lines, server) == 0)
            #expect(try await redis.send(.make("DBSIZE")).integer == Int64(count))
            for user in [0, 1, ProfileLoad.batch, count - 1] {
                let profile = try #require(try await stored(UInt64(user), redis, catalog))
                for (got, wanted) in zip(profile.preference, vector(user)) {
                    #expect(abs(got - wanted) < 0.005)
                }
                #expect(profile.known == (user % 3 == 0 ? 1 : 0))
                let lifeMs = try await redis.send(.make("PTTL", key(UInt64(user), catalog))).integer ?? 0
                #expect((29 * 86_400_000)...(30 * 86_400_000) ~= lifeMs)
            }
        }
    }

    @Test("what Recommend has stored is kept, and its vector replaced; what is unreadable is written anew")
    func merges() async throws {
        try await withRedis { server, redis, catalog in
            let role = Role(region: 1, id: 42)
            var known = Profile(user: 1, preference: vector(9), fetchedAtS: 1_771_000_000)
            known.take(GameProfile(game: 3, registeredAtS: 7, roles: [role]), game: 3, nowS: 1_771_000_000)
            var set = RedisCommand("SET")
            set.add(key(1, catalog))
            set.add(ProfileCodec.encode(known))
            _ = try await redis.send(set)
            _ = try await redis.send(.make("SET", key(2, catalog), "rubbish"))
            _ = try await redis.send(.make("LPUSH", key(3, catalog), "of another type"))
            let lines = (1...3).map { line($0, vector: vector($0), role: 5) }
            #expect(try await load(lines, server) == 0)
            let first = try #require(try await stored(1, redis, catalog))
            #expect(first.game(3)?.roles == [role] && first.game(0)?.roles.first?.id == 5)
            #expect(abs(first.preference[0] - vector(1)[0]) < 0.005)
            for user: UInt64 in [2, 3] {
                let profile = try #require(try await stored(user, redis, catalog))
                #expect(profile.known == 1 && profile.preference.count == 32)
            }
        }
    }

    @Test("bad lines are left out, the good ones loaded, and the end says so")
    func badLines() async throws {
        try await withRedis { server, redis, catalog in
            let lines = [
                line(1, vector: vector(1)), "{}", line(2, vector: [1, 2]), "rubbish",
                line(3, vector: vector(3)),
            ]
            let code = try await load(lines, server)
            #expect(code == 65)
            #expect(try await redis.send(.make("DBSIZE")).integer == 2)
            #expect(try await stored(3, redis, catalog) != nil)
        }
    }

    @Test("two lines of one person are taken one after the other")
    func twice() async throws {
        try await withRedis { _, redis, catalog in
            var load = ProfileLoad(catalog: catalog, redis: redis)
            for text in [line(1, role: 5), line(1, vector: vector(4)), line(2, role: 6)] {
                try await load.add(ProfileLine(Array(text.utf8), catalog: catalog), nowS: 1_771_000_000)
            }
            try await load.flush(nowS: 1_771_000_000)
            #expect(load.counts.people == 3 && load.counts.merged == 1 && load.counts.unreadable == 0)
            #expect(load.counts.mostBytes > 0 && load.counts.meanBytes <= Double(load.counts.mostBytes))
            let first = try #require(try await stored(1, redis, catalog))
            #expect(first.known == 1 && first.preference.count == 32)
            // Five games with a role each and a vector fit into 120 bytes; this is one game.
            #expect(load.counts.mostBytes <= 120)
        }
    }

    @Test("where there is no Redis or no file, the code says so")
    func unreachable() async throws {
        let directory = try TemporaryDirectory()
        try directory.write(line(1, vector: vector(1)), to: "people")
        func code(_ arguments: [String]) async throws -> Int32? {
            do {
                try await LoadProfiles.parse(arguments).run()
                return 0
            } catch {
                return (error as? ExitCode)?.rawValue
            }
        }
        let people = "\(directory.path)/people"
        #expect(try await code([people, "--redis", "no-url", "--campaign", Self.campaign]) == nil)
        #expect(
            try await code([people, "--redis", "redis://127.0.0.1:1", "--campaign", directory.path]) == 78)
        try await withRedis { server, _, _ in
            #expect(
                try await code(
                    ["\(people).none", "--redis", server.url, "--campaign", Self.campaign]) == 66)
            server.kill9()
            var options = RedisOptions()
            options.commandTimeout = .seconds(1)
            let redis = RedisRouter(
                try RedisTarget(url: server.url),
                loop: MultiThreadedEventLoopGroup.singleton.next(), options: options)
            let catalog = try ShippedCampaign.catalog()
            let text = line(1, vector: vector(1))
            await #expect(throws: RedisFailure.self) {
                var load = ProfileLoad(catalog: catalog, redis: redis)
                try await load.add(ProfileLine(Array(text.utf8), catalog: catalog), nowS: 1)
                try await load.flush(nowS: 1)
            }
            await redis.shutDown()
        }
    }
}
