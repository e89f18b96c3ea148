import NIOCore
import ProfileRoad
import Profiles
import Redis
import Testing

@Suite("Trouble with the store of profiles")
struct StoreTroubleTests {
    private func set(_ probe: RoadProbe, _ user: UInt64, _ bytes: [UInt8]) async throws {
        var command = RedisCommand("SET")
        command.add(RoadFixture.key(user))
        command.add(bytes)
        _ = try await probe.redis.send(command)
    }

    private static let whole = Profile(
        user: 7, known: 1,
        games: [GameProfile(game: 0, registeredAtS: 1, roles: [Role(region: 0, id: 1)])], preference: [1, 2],
        fetchedAtS: 1_771_000_000)

    private static var flipped: [UInt8] {
        var bytes = ProfileCodec.encode(whole)
        bytes[12] ^= 4
        return bytes
    }

    /// Millions of bytes are no argument of a test case: all of them would be printed.
    private static let damagedValues: [[UInt8]] = [
        [], [2, 2, 3], [UInt8](repeating: 2, count: 500),
        // Larger than any profile, and larger than what is sent back and forth.
        [UInt8](repeating: 2, count: 200_000), [UInt8](repeating: 2, count: 3_000_000),
        flipped, Array(ProfileCodec.encode(whole).dropLast()), ProfileCodec.encode(whole) + [0],
        ProfileCodec.encode(Profile(user: 8, known: 1, fetchedAtS: 1_771_000_000)),
        // Of a catalog with more games, known or stale, and of one with more regions.
        ProfileCodec.encode(Profile(user: 7, known: 0b1111, fetchedAtS: 1_771_000_000)),
        ProfileCodec.encode(
            Profile(user: 7, fetchedAtS: 1_771_000_000, stale: 0b1000, staleAtS: 1_771_000_000)),
        ProfileCodec.encode(
            Profile(
                user: 7, known: 1,
                games: [GameProfile(game: 0, registeredAtS: 1, roles: [Role(region: 5, id: 1)])],
                fetchedAtS: 1_771_000_000)),
    ]

    @Test("a damaged value counts as absent and is written anew", arguments: damagedValues.indices)
    func damaged(_ index: Int) async throws {
        let counters = try await repaired(Self.damagedValues[index])
        #expect(counters.storeDamaged == 1 && counters.storeOtherVersions == 0)
    }

    @Test("a value of another version counts as absent and is written anew", arguments: [0, 1, 3, 255])
    func otherVersion(_ version: UInt8) async throws {
        let counters = try await repaired([version] + ProfileCodec.encode(Self.whole).dropFirst())
        #expect(counters.storeDamaged == 0 && counters.storeOtherVersions == 1)
    }

    /// Puts the bytes where person 7's profile belongs, and has it repaired by asking.
    private func repaired(_ bytes: [UInt8]) async throws -> ProfileRoadCounters {
        var counters = ProfileRoadCounters()
        try await RoadFixture.with { fixture in
            try await fixture.road { probe in
                try await set(probe, 7, bytes)
                let future = probe.start(7, games: 1)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.role(4))
                let answer = try await future.get()
                #expect(!answer.degraded && answer.profile.known == 1 && answer.profile.preference.isEmpty)
                let repaired = try #require(try await probe.storedBytes(7))
                #expect(try ProfileCodec.decode(repaired, user: 7) == answer.profile)
                counters = try await probe.counters
                #expect(counters.storeHits == 0 && counters.storeConflicts == 0)
            }
        }
        return counters
    }

    @Test("a value that is no string counts as absent and is written anew")
    func otherType() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road { probe in
                _ = try await probe.redis.send(.make("RPUSH", RoadFixture.key(7), "x"))
                let future = probe.start(7, games: 1)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.role(4))
                _ = try await future.get()
                #expect(try await probe.storedBytes(7) != nil)
            }
        }
    }

    @Test("nothing is repaired before a role service has answered")
    func notRepaired() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road { probe in
                try await set(probe, 7, Self.flipped)
                let future = probe.start(7, games: 1)
                try await probe.fail(try await probe.questions(1)[0])
                #expect(try await future.get().missing == 1)
                try await probe.writesDone()
                #expect(try await probe.storedBytes(7) == Self.flipped)
            }
        }
    }

    @Test("another campaign's profile of the person is another value: its slots mean other games")
    func otherCampaign() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road { probe in
                var command = RedisCommand("SET")
                command.add(ProfileRoad.key(campaign: "lanterns", user: 7))
                command.add(ProfileCodec.encode(Self.whole))
                _ = try await probe.redis.send(command)
                let future = probe.start(7, games: 1)
                try await probe.reply(try await probe.questions(1)[0], RoleBody.absent)
                #expect(try await future.get().profile.absences == 1)
            }
        }
    }

    @Test("what another process has written meanwhile is joined with, not written over")
    func joins() async throws {
        try await RoadFixture.with { fixture in
            try await fixture.road { probe in
                let future = probe.start(7, games: 0b011)
                let questions = try await probe.questions(2)
                var theirs = Profile(user: 7, preference: [127, 1], fetchedAtS: 1_770_999_000)
                theirs.take(
                    GameProfile(game: 2, registeredAtS: 9, roles: [Role(region: 0, id: 22)]), game: 2,
                    nowS: 1_770_999_000)
                theirs.take(nil, game: 0, nowS: 1_770_999_990)
                try await set(probe, 7, ProfileCodec.encode(theirs))
                try await probe.reply(questions[0], RoleBody.role(4))
                try await probe.reply(questions[1], RoleBody.absent)
                #expect(try await future.get().profile.known == 0b011)
                let stored = try ProfileCodec.decode(try #require(try await probe.storedBytes(7)), user: 7)
                #expect(stored.known == 0b111 && stored.preference == [127, 1])
                #expect(stored.game(0)?.roles == [Role(region: 0, id: 4)] && stored.absences == 0b010)
                #expect(stored.game(2)?.roles == [Role(region: 0, id: 22)])
                #expect(stored.fetchedAtS == 1_770_999_000)
                // This loop has learned of it as well.
                #expect(try await probe.load(7, games: 0b111)?.profile == stored)
                let counters = try await probe.counters
                #expect(counters.storeConflicts == 1 && counters.storeWrites == 2)
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
                let stored = try #require(try await probe.storedBytes(7))
                #expect(try ProfileCodec.decode(stored, user: 7).preference == [127, -127])
                try await probe.writesDone()
                let lifeMs = try await probe.redis.send(.make("PTTL", RoadFixture.key(7))).integer
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
                try await probe.writesDone()
                let lifeMs = try #require(
                    try await probe.redis.send(.make("PTTL", RoadFixture.key(7))).integer)
                #expect(lifeMs > 4_000_000 && lifeMs <= 5_000_000)
            }
        }
    }
}
