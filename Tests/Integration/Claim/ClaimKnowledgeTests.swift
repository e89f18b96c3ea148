import Glibc
import HTTPClient
import NIOCore
import NIOPosix
import ProfileRoad
import Profiles
import Redis
import Stack
import Testing

/// What Claim does about a profile in Redis that does not say what the person's game says.
@Suite("Claim and what is known of people", .serialized)
struct ClaimKnowledgeTests {
    /// Puts profiles where Claim finds them.
    private func store(_ profiles: [Profile], _ house: ClaimHouse) async throws {
        let redis = RedisRouter(
            try RedisTarget(url: house.redis.url), loop: MultiThreadedEventLoopGroup.singleton.any()
        )
        try await redis.ready(within: .seconds(10))
        for profile in profiles {
            var command = RedisCommand("SET")
            command.add(ProfileRoad.key(campaign: ClaimCampaign.id, user: profile.user))
            command.add(ProfileCodec.encode(profile))
            _ = try await redis.send(command)
        }
        await redis.shutDown()
    }

    private var nowS: UInt32 { UInt32(time(nil)) }

    private func player(_ user: UInt64, role: UInt64, atS: UInt32) -> Profile {
        let game = GameProfile(game: 0, registeredAtS: 1_500_000_000, roles: [Role(region: 0, id: role)])
        return Profile(user: user, known: 1, games: [game], fetchedAtS: atS)
    }

    @Test("who has just registered may claim: what would refuse them is asked for once more")
    func asksAgain() async throws {
        try await ClaimHouse.with { house in
            try await store(
                [
                    Profile(user: 11, known: 1, fetchedAtS: nowS),
                    player(12, role: 5, atS: nowS),
                ], house)
            #expect(await house.crowd.claim(user: 11, serial: 1).status == 202)
            #expect(await house.crowd.claim(user: 12, serial: 2).status == 202)
            // Asked once each; who claims again with another coupon is known by now.
            #expect(await house.crowd.claim(user: 11, serial: 3).status == 202)
            let isShown = try await eventually {
                let metrics = try house.metrics()
                return metrics.contains("profile_cache_hits_total 1\n")
                    && metrics.contains("profile_role_results_total{result=\"answered\"} 2")
            }
            #expect(isShown)
        }
    }

    @Test("promise 8: what is too old to count lets nobody claim, and refuses nobody for good")
    func stale() async throws {
        try await ClaimHouse.with { house in
            let user = RoleDouble.firstUnknown
            let right = ClaimCrowd.role(user)
            try await store(
                [
                    player(user, role: right, atS: nowS - 2 * 86_400),
                    player(user + 1, role: right + 1, atS: nowS - 60),
                    Profile(user: user + 2, known: 1, fetchedAtS: nowS - 3600),
                    player(20, role: 5, atS: nowS - 2 * 86_400),
                ], house)
            // Its game cannot say: not now, try again.
            let old = await house.crowd.claim(user: user, serial: 1)
            #expect(old.status == 503 && old.retryAfterS != nil)
            #expect(await house.crowd.claim(user: user + 2, serial: 3).status == 503)
            // Young enough: nobody need be asked.
            #expect(await house.crowd.claim(user: user + 1, serial: 2).status == 202)
            // Too old, and the game says what holds now.
            #expect(await house.crowd.claim(user: 20, serial: 4).status == 202)
        }
    }

    @Test("before a claim the game is asked anew where its answer is older than claim.profile_age")
    func aged() async throws {
        try await ClaimHouse.with(limits: ["profile_age: 5m"]) { house in
            let cannotTell = RoleDouble.firstUnknown
            try await store(
                [
                    player(31, role: 5, atS: nowS - 600), player(32, role: 5, atS: nowS - 60),
                    player(cannotTell, role: 5, atS: nowS - 600),
                ], house)
            func claim(_ user: UInt64) async -> ClaimCrowd.Answer {
                let body = house.crowd.body(user: user, serial: user, role: 5)
                return await house.crowd.send(.post, "/v1/claims", user: user, body: body)
            }
            // The role was given up since.
            #expect(await claim(31).problem == "not-your-role")
            // Young enough: nobody is asked.
            #expect(await claim(32).status == 202)
            // The game cannot be asked: what it said within the day counts.
            #expect(await claim(cannotTell).status == 202)
        }
    }
}
