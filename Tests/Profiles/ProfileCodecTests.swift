import Profiles
import Testing
import Wire

@Suite("The compact form of a profile")
struct ProfileCodecTests {
    /// The vector is quantised; everything else comes back as it went in.
    private func expectSame(_ left: Profile, _ right: Profile) {
        #expect(left.user == right.user && left.known == right.known && left.games == right.games)
        #expect(left.fetchedAtS == right.fetchedAtS && left.absencesAtS == right.absencesAtS)
        #expect(left.stale == right.stale && left.staleAtS == right.staleAtS)
        #expect(left.preference.count == right.preference.count)
        let step = (left.preference.map(abs).max() ?? 0) / 127
        for (a, b) in zip(left.preference, right.preference) { #expect(abs(a - b) <= step * 0.51) }
    }

    @Test("profiles of every shape come back")
    func roundTrip() throws {
        var random = SplitMix64(seed: 1)
        for games in [0, 1, 5, 10, 63, 64] {
            for roles in [0, 1, 2, 3, 4, 256] {
                for dimensions in [0, 1, 32, 64] {
                    let profile = ProfileFixture.profile(
                        user: random.next(), games: games, roles: roles, dimensions: dimensions,
                        using: &random)
                    expectSame(
                        profile, try ProfileCodec.decode(ProfileCodec.encode(profile), user: profile.user))
                }
            }
        }
    }

    @Test("every set of known games and every stamp comes back")
    func knownAndStamps() throws {
        var random = SplitMix64(seed: 2)
        let sets: [UInt64] =
            [0, 1, 2, 0x3ff, 0x3fe, 0x1ff, .max, .max - 1, 1 << 63] + (0..<200).map { _ in random.next() }
        for known in sets {
            var profile = Profile(user: 7, known: known, fetchedAtS: .random(in: 0...(.max), using: &random))
            profile.absencesAtS = .random(in: 0...(.max), using: &random)
            if random.next() % 2 == 0 {
                profile.stale = random.next() & ~known
                if profile.stale != 0 { profile.staleAtS = .random(in: 0...(.max), using: &random) }
            }
            expectSame(profile, try ProfileCodec.decode(ProfileCodec.encode(profile), user: 7))
        }
    }

    @Test("five games with a role each and a vector of 32 take at most 120 bytes")
    func size() {
        var random = SplitMix64(seed: 3)
        for known in [0x1f, 0x3ff, 0x37f, UInt64.max, 0x0fff_ffff] {
            var profile = ProfileFixture.profile(user: .max, games: 5, known: known, using: &random)
            profile.absencesAtS = profile.fetchedAtS - 8000
            #expect(ProfileCodec.encode(profile).count <= 120)
        }
    }

    @Test("each flipped bit, each cut and each addition is damage")
    func damage() {
        var random = SplitMix64(seed: 4)
        let profile = ProfileFixture.profile(user: 9, games: 5, using: &random)
        let bytes = ProfileCodec.encode(profile)
        for bit in 0..<(bytes.count * 8) {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: ProfileDamage.self) { try ProfileCodec.decode(flipped, user: 9) }
        }
        for count in 0..<bytes.count {
            #expect(throws: ProfileDamage.self) { try ProfileCodec.decode(Array(bytes[..<count]), user: 9) }
        }
        #expect(throws: ProfileDamage.checksum) { try ProfileCodec.decode(bytes + [0], user: 9) }
        #expect(throws: ProfileDamage.checksum) { try ProfileCodec.decode([], user: 9) }
        for version: UInt8 in [0, 1, 3, 255] {
            #expect(throws: ProfileDamage.unknownVersion(version)) {
                try ProfileCodec.decode([version] + bytes.dropFirst(), user: 9)
            }
        }
    }

    @Test("another person's bytes are damage")
    func anotherPerson() {
        let bytes = ProfileCodec.encode(Profile(user: 9, known: 3, fetchedAtS: 5))
        #expect(throws: ProfileDamage.checksum) { try ProfileCodec.decode(bytes, user: 10) }
    }

    @Test("bytes with a right checksum and anything in them never crash the decoder")
    func fuzz() {
        var random = SplitMix64(seed: 5)
        let whole = ProfileCodec.encode(ProfileFixture.profile(user: 1, games: 5, roles: 4, using: &random))
        var accepted = 0
        for round in 0..<20_000 {
            var body = Array(whole[5...])
            if round % 2 == 0 {
                body = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                    UInt8(truncatingIfNeeded: random.next())
                }
            } else {
                for _ in 0..<3 {
                    body[Int.random(in: 0..<body.count, using: &random)] = UInt8(
                        truncatingIfNeeded: random.next())
                }
            }
            var out = ByteWriter()
            out.u8(ProfileCodec.version)
            out.u32(crc32([0, 0, 0, 0, 0, 0, 0, 1] + body))
            out.append(body)
            guard let profile = try? ProfileCodec.decode(out.bytes, user: 1) else { continue }
            accepted += 1
            // What is accepted is a profile like any other.
            expectSame(profile, try! ProfileCodec.decode(ProfileCodec.encode(profile), user: 1))
        }
        #expect(accepted > 0)
    }

    @Test("stale games come back with their roles, and a game is not both known and stale")
    func stale() throws {
        let role = Role(region: 3, id: 77)
        let profile = Profile(
            user: 7, known: 0b1001, games: [GameProfile(game: 2, registeredAtS: 9, roles: [role])],
            fetchedAtS: 100_000, absencesAtS: 100_000, stale: 0b0110, staleAtS: 5)
        expectSame(profile, try ProfileCodec.decode(ProfileCodec.encode(profile), user: 7))
        var both = profile
        both.known = 0b1101
        #expect(throws: ProfileDamage.field("stale")) {
            try ProfileCodec.decode(ProfileCodec.encode(both), user: 7)
        }
        var neither = profile
        neither.stale = 0b0010
        #expect(throws: ProfileDamage.field("game")) {
            try ProfileCodec.decode(ProfileCodec.encode(neither), user: 7)
        }
    }

    @Test("a vector that has been written once comes out of every further writing as it went in")
    func stableVectors() throws {
        var random = SplitMix64(seed: 6)
        for round in 0..<2000 {
            let scale = Float.random(in: 0.001...1000, using: &random)
            let values = (0..<32).map { _ in Float.random(in: -scale...scale, using: &random) }
            let once = ProfileCodec.encode(Profile(user: 1, preference: values, fetchedAtS: UInt32(round)))
            let twice = ProfileCodec.encode(try ProfileCodec.decode(once, user: 1))
            #expect(once == twice)
        }
    }

    @Test("the flat form holds the same, however often its room is used")
    func flat() throws {
        var random = SplitMix64(seed: 8)
        var flat = FlatProfile()
        for _ in 0..<500 {
            let profile = ProfileFixture.profile(
                user: random.next(), games: Int(random.next() % 65), roles: Int(random.next() % 5),
                dimensions: Int(random.next() % 33), using: &random)
            let bytes = ProfileCodec.encode(profile)
            try ProfileCodec.decode(bytes, user: profile.user, into: &flat)
            let decoded = Profile(flat)
            expectSame(profile, decoded)
            #expect(flat.known == decoded.known && flat.knowledge.absences == decoded.absences)
            for slot: UInt8 in 0..<64 {
                let entry = flat.entry(of: slot)
                #expect(entry.map { Array(flat.roles[$0.roles]) } == decoded.game(slot)?.roles)
                #expect(entry?.registeredAtS == decoded.game(slot)?.registeredAtS)
            }
            var copied = FlatProfile()
            copied.set(decoded)
            #expect(Profile(copied) == decoded && copied.entries == flat.entries)
        }
    }

    @Test("the flat form ages as the other does")
    func flatAges() throws {
        let ages = ProfileAges(presentS: 1000, absentS: 60, staleS: 5000)
        let role = Role(region: 0, id: 1)
        var profile = Profile(user: 1, fetchedAtS: 0)
        profile.take(GameProfile(game: 4, registeredAtS: 1, roles: [role]), game: 4, nowS: 100)
        profile.take(GameProfile(game: 2, registeredAtS: 1, roles: []), game: 2, nowS: 100)
        profile.take(nil, game: 7, nowS: 120)
        for nowS: UInt32 in [38, 39, 100, 159, 160, 1099, 1100, 5099, 5100, 90_000] {
            var flat = FlatProfile()
            flat.set(profile)
            flat.age(nowS: nowS, ages: ages)
            #expect(Profile(flat) == profile.aged(nowS: nowS, ages: ages))
            #expect(flat.entry(of: 4)?.game == profile.aged(nowS: nowS, ages: ages).game(4)?.game)
        }
    }

    @Test("a vector with infinities and zeros is quantised without them")
    func oddVectors() throws {
        for vector: [Float] in [
            [.infinity, 1, -.nan], [0, 0, 0], [.leastNonzeroMagnitude, 0], [.greatestFiniteMagnitude, 1],
        ] {
            let profile = Profile(user: 1, preference: vector, fetchedAtS: 0)
            let back = try ProfileCodec.decode(ProfileCodec.encode(profile), user: 1)
            #expect(back.preference.count == vector.count && back.preference.allSatisfy(\.isFinite))
        }
    }
}
