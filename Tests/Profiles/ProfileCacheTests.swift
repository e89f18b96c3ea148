import Testing
import Wire

@testable import Profiles

@Suite("The profiles that a loop keeps")
struct ProfileCacheTests {
    private func profile(_ user: UInt64, roles: Int = 1) -> Profile {
        Profile(
            user: user, known: 1,
            games: [
                GameProfile(
                    game: 0, registeredAtS: 1, roles: (0..<roles).map { Role(region: 0, id: UInt64($0)) })
            ], fetchedAtS: 1)
    }

    @Test("what was kept is there until its life ends, between 7/8 of it and all of it")
    func life() {
        var cache = ProfileCache(maxBytes: 1 << 20, lifeMs: 800)
        cache.keep(profile(1), nowMs: 1000, jitter: 0)
        cache.keep(profile(2), nowMs: 1000, jitter: 100)
        #expect(cache.profile(of: 1, nowMs: 1799) == profile(1))
        #expect(cache.profile(of: 1, nowMs: 1800) == nil)
        #expect(cache.profile(of: 2, nowMs: 1699) == profile(2))
        #expect(cache.profile(of: 2, nowMs: 1700) == nil)
        #expect(cache.profile(of: 3, nowMs: 1000) == nil)
        #expect(cache.count == 0 && cache.bytes == 0)
        for jitter: UInt64 in [0, 1, 99, 100, 101, .max] {
            cache.keep(profile(1), nowMs: 0, jitter: jitter)
            #expect(cache.profile(of: 1, nowMs: 699) != nil)
            #expect(cache.profile(of: 1, nowMs: 800) == nil)
        }
    }

    @Test("a shorter life is kept to, a longer one is cut")
    func otherLives() {
        var cache = ProfileCache(maxBytes: 1 << 20, lifeMs: 800)
        cache.keep(profile(1), nowMs: 0, lifeMs: 80, jitter: 0)
        cache.keep(profile(2), nowMs: 0, lifeMs: 9000, jitter: 0)
        #expect(cache.profile(of: 1, nowMs: 79) != nil && cache.profile(of: 2, nowMs: 799) != nil)
        #expect(cache.profile(of: 1, nowMs: 80) == nil && cache.profile(of: 2, nowMs: 800) == nil)
    }

    @Test("a clock set back does not make an entry live for ever")
    func clockSetBack() {
        var cache = ProfileCache(maxBytes: 1 << 20, lifeMs: 800)
        cache.keep(profile(1), nowMs: 1_000_000, jitter: 0)
        #expect(cache.profile(of: 1, nowMs: 5) == nil)
    }

    @Test("a newer profile takes the older one's place")
    func replaces() {
        var cache = ProfileCache(maxBytes: 1 << 20, lifeMs: 800)
        cache.keep(profile(1), nowMs: 0, jitter: 0)
        cache.keep(profile(1, roles: 9), nowMs: 0, jitter: 0)
        #expect(cache.count == 1 && cache.bytes == ProfileCache.cost(profile(1, roles: 9)))
        #expect(cache.profile(of: 1, nowMs: 1)?.games[0].roles.count == 9)
        cache.forget(1)
        cache.forget(1)
        #expect(cache.count == 0 && cache.bytes == 0)
    }

    @Test("bytes stay within the maximum, and what is used is spared")
    func clock() {
        let cost = ProfileCache.cost(profile(0))
        var cache = ProfileCache(maxBytes: 10 * cost, lifeMs: 1_000_000)
        for user in 0..<10 { cache.keep(profile(UInt64(user)), nowMs: 0, jitter: 0) }
        #expect(cache.count == 10 && cache.evictions == 0)
        // Person 3 is looked at between all others' arrivals, and stays.
        for user in 10..<200 {
            #expect(cache.profile(of: 3, nowMs: 0) != nil)
            cache.keep(profile(UInt64(user)), nowMs: 0, jitter: 0)
            #expect(cache.bytes <= 10 * cost && cache.count == 10)
        }
        #expect(cache.evictions == 190)
        #expect(cache.profile(of: 4, nowMs: 0) == nil)
    }

    @Test("what is larger than the whole cache is not kept, and throws nobody out")
    func tooLarge() {
        var cache = ProfileCache(maxBytes: 1000, lifeMs: 1000)
        cache.keep(profile(1), nowMs: 0, jitter: 0)
        cache.keep(profile(2, roles: 200), nowMs: 0, jitter: 0)
        #expect(cache.count == 1 && cache.evictions == 0)
        // Its older form is gone too: it would be wrong.
        cache.keep(profile(1, roles: 200), nowMs: 0, jitter: 0)
        #expect(cache.count == 0)
        var none = ProfileCache(maxBytes: 0, lifeMs: 1)
        none.keep(profile(1), nowMs: 0, jitter: 0)
        #expect(none.count == 0)
    }

    @Test("a long mixed life keeps its books")
    func books() {
        var random = SplitMix64(seed: 9)
        var cache = ProfileCache(maxBytes: 20_000, lifeMs: 5000)
        var newest: [UInt64: Profile] = [:]
        for step in 0..<50_000 {
            let user = UInt64.random(in: 0..<200, using: &random)
            switch random.next() % 4 {
            case 0:
                let one = profile(user, roles: Int.random(in: 0...20, using: &random))
                newest[user] = one
                cache.keep(one, nowMs: Int64(step), jitter: random.next())
            case 1 where random.next() % 8 == 0: cache.forget(user)
            default:
                if let found = cache.profile(of: user, nowMs: Int64(step)) { #expect(found == newest[user]) }
            }
            if cache.bytes > 20_000 || cache.bytes < 0 { Issue.record("\(cache.bytes) bytes") }
        }
        for user in 0..<200 { cache.forget(UInt64(user)) }
        #expect(cache.bytes == 0 && cache.count == 0)
    }
}
