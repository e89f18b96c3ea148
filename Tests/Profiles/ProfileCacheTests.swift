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

    @Test("past its life an entry is still found, as such, until its room is needed")
    func past() {
        var cache = ProfileCache(maxBytes: 1 << 20, lifeMs: 800)
        var flat = FlatProfile()
        cache.keep(profile(1), nowMs: 0, jitter: 0)
        #expect(cache.load(user: 1, nowMs: 799, into: &flat) == .young)
        #expect(cache.load(user: 1, nowMs: 800, into: &flat) == .past && Profile(flat) == profile(1))
        #expect(cache.load(user: 1, nowMs: 1 << 40, into: &flat) == .past)
        #expect(cache.load(user: 2, nowMs: 0, into: &flat) == .nothing)
        #expect(cache.count == 1)
    }

    @Test("a newer profile takes the older one's place")
    func replaces() {
        var cache = ProfileCache(maxBytes: 1 << 20, lifeMs: 800)
        cache.keep(profile(1), nowMs: 0, jitter: 0)
        let bytes = cache.bytes
        cache.keep(profile(1, roles: 9), nowMs: 0, jitter: 0)
        #expect(cache.count == 1 && cache.bytes == bytes)
        #expect(cache.profile(of: 1, nowMs: 1)?.games[0].roles.count == 9)
        cache.forget(1)
        cache.forget(1)
        #expect(cache.count == 0 && cache.profile(of: 1, nowMs: 1) == nil)
    }

    /// Bytes for so many entries of one cell.
    private func room(_ cells: Int) -> Int { cells * (CellSlab.cellBytes + CellIndex.bytesACell) + 16 }

    @Test("bytes stay within the maximum, and what is used is spared")
    func clock() {
        var cache = ProfileCache(maxBytes: room(10), lifeMs: 1_000_000)
        for user in 0..<10 { cache.keep(profile(UInt64(user)), nowMs: 0, jitter: 0) }
        #expect(cache.count == 10 && cache.evictions == 0)
        // Person 3 is looked at between all others' arrivals, and stays.
        for user in 10..<200 {
            #expect(cache.profile(of: 3, nowMs: 0) != nil)
            cache.keep(profile(UInt64(user)), nowMs: 0, jitter: 0)
            #expect(cache.bytes <= room(10) && cache.count == 10)
        }
        #expect(cache.evictions == 190)
        #expect(cache.profile(of: 4, nowMs: 0) == nil)
    }

    @Test("what is past its life goes before what is not, used or not")
    func pastGoesFirst() {
        var cache = ProfileCache(maxBytes: room(3), lifeMs: 1_000)
        cache.keep(profile(1), nowMs: 0, jitter: 0)
        cache.keep(profile(2), nowMs: 0, lifeMs: 10, jitter: 0)
        cache.keep(profile(3), nowMs: 0, jitter: 0)
        for user: UInt64 in 1...3 { #expect(cache.profile(of: user, nowMs: 5) != nil) }
        cache.keep(profile(4), nowMs: 20, jitter: 0)
        var flat = FlatProfile()
        #expect(cache.load(user: 2, nowMs: 20, into: &flat) == .nothing)
        #expect(cache.profile(of: 1, nowMs: 20) != nil && cache.profile(of: 3, nowMs: 20) != nil)
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
        for maxBytes in [0, 1, 16, 100, 170] {
            var none = ProfileCache(maxBytes: maxBytes, lifeMs: 1)
            none.keep(profile(1), nowMs: 0, jitter: 0)
            #expect(none.count == 0 && none.bytes <= maxBytes)
        }
    }

    @Test("a long mixed life keeps its books, whatever the sizes", arguments: [3_000, 20_000, 2_000_000])
    func books(_ maxBytes: Int) {
        var random = SplitMix64(seed: 9)
        var cache = ProfileCache(maxBytes: maxBytes, lifeMs: 5000)
        var newest: [UInt64: Profile] = [:]
        var found = 0
        for step in 0..<40_000 {
            let user = UInt64.random(in: 0..<200, using: &random)
            switch random.next() % 4 {
            case 0:
                let large = random.next() % 50 == 0
                let one = profile(user, roles: Int.random(in: 0...(large ? 256 : 30), using: &random))
                newest[user] = one
                cache.keep(one, nowMs: Int64(step), jitter: random.next())
            case 1 where random.next() % 8 == 0:
                newest[user] = nil
                cache.forget(user)
            default:
                if let one = cache.profile(of: user, nowMs: Int64(step)) {
                    if one != newest[user] { Issue.record("person \(user) is not who they were") }
                    found += 1
                }
            }
            if cache.bytes > maxBytes || cache.count > 200 { Issue.record("\(cache.bytes) bytes") }
        }
        #expect(found > 0)
        for user in 0..<200 { cache.forget(UInt64(user)) }
        #expect(cache.count == 0)
        // Nothing leaks: as many fit again as in a new one.
        var fresh = ProfileCache(maxBytes: maxBytes, lifeMs: 5000)
        for user: UInt64 in 0..<50_000 {
            cache.keep(profile(user), nowMs: 100_000, jitter: 0)
            fresh.keep(profile(user), nowMs: 100_000, jitter: 0)
        }
        #expect(cache.count == fresh.count && cache.bytes <= maxBytes)
    }
}
