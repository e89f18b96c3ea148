import NIOCore
import ProfileRoad
import Profiles
import Redis
import Stack
import Testing

@Suite("Trouble with the store of profiles")
struct StoreTroubleTests {
    private func set(_ probe: RoadProbe, _ user: UInt64, _ bytes: [UInt8]) async throws {
        var command = RedisCommand("SET")
        command.add(ProfileRoad.key(user: user))
        command.add(bytes)
        _ = try await probe.redis.send(command)
    }

    private func get(_ probe: RoadProbe, _ user: UInt64) async throws -> [UInt8]? {
        try await probe.redis.send(.make("GET", ProfileRoad.key(user: user))).bytes
    }

    @Test(
        "a damaged value counts as absent and is written anew",
        arguments: [
            [], [1, 2, 3], Array(repeating: 0xff, count: 500),
            ProfileCodec.encode(Profile(user: 8, known: 1, fetchedAtS: 1_771_000_000)),
            // Of a catalog with more games, and of one with more regions.
            ProfileCodec.encode(Profile(user: 7, known: 0b1111, fetchedAtS: 1_771_000_000)),
            ProfileCodec.encode(
                Profile(
                    user: 7, known: 1,
                    games: [GameProfile(game: 0, registeredAtS: 1, roles: [Role(region: 5, id: 1)])],
                    fetchedAtS: 1_771_000_000)),
        ] as [[UInt8]])
    func damaged(_ bytes: [UInt8]) async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road { probe in
                try await set(probe, 7, bytes)
                let future = probe.start(7, games: 1)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.role(4))
                let answer = try await future.get()
                #expect(!answer.degraded && answer.profile.known == 1)
                #expect(try await probe.counters.storeDamaged == 1)
                let repaired = try #require(try await get(probe, 7))
                #expect(try ProfileCodec.decode(repaired, user: 7) == answer.profile)
            }
        }
    }

    @Test("a preference vector put there by somebody else is used, and survives what is written")
    func vector() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road { probe in
                let seed = Profile(user: 7, preference: [127, -127], fetchedAtS: 0)
                try await set(probe, 7, ProfileCodec.encode(seed))
                let future = probe.start(7, games: 1)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.role(4))
                #expect(try await future.get().profile.preference == [127, -127])
                let stored = try #require(try await get(probe, 7))
                #expect(try ProfileCodec.decode(stored, user: 7).preference == [127, -127])
                let lifeMs = try await probe.redis.send(.make("PTTL", ProfileRoad.key(user: 7))).integer
                #expect(lifeMs ?? 0 > 29 * 86_400_000)
            }
        }
    }

    @Test("what is stored without a vector has the shorter life")
    func life() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({ $0.storedLifeMs = 5_000_000 }) { probe in
                let future = probe.start(7, games: 1)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.role(4))
                _ = try await future.get()
                let lifeMs = try #require(
                    try await probe.redis.send(.make("PTTL", ProfileRoad.key(user: 7))).integer)
                #expect(lifeMs > 4_000_000 && lifeMs <= 5_000_000)
            }
        }
    }

    @Test("without Redis the role services are asked, the answer is marked, and nothing is written over")
    func notConnected() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road(isConnected: false) { probe in
                let future = probe.start(7, games: 1)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.role(4))
                let answer = try await future.get()
                #expect(answer.degraded && answer.missing == 0 && answer.profile.known == 1)
                let counters = try await probe.counters
                #expect(counters.storeFailures == 1 && counters.storeWrites == 0)
                // Kept, but not for long.
                try await probe.advanceClock(ms: 1_000)
                #expect(try await probe.profile(7, games: 1).missing == 0)
                #expect(try await probe.counters.roleQuestions == 1)
                try await probe.advanceClock(ms: 1_000)
                _ = probe.start(7, games: 1)
                #expect(try await probe.questions(1).count == 1)
            }
        }
    }

    @Test("a Redis that hangs costs its own time-out, not the deadline")
    func hanging() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road({ $0.redisTimeoutMs = 50 }) { probe in
                fixture.server.pause()
                let future = probe.start(7, games: 1)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.role(4))
                let answer = try await future.get()
                #expect(answer.degraded && answer.profile.known == 1)
                fixture.server.resume()
            }
        }
    }
}
