import Profiles
import Testing
import Wire

@Suite("The compact form of a profile")
struct ProfileCodecTests {
    /// The vector is quantised; everything else comes back as it went in.
    private func expectSame(_ left: Profile, _ right: Profile) {
        #expect(left.user == right.user && left.known == right.known && left.games == right.games)
        #expect(left.fetchedAtS == right.fetchedAtS && left.absencesAtS == right.absencesAtS)
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
        #expect(throws: ProfileDamage.unknownVersion(2)) {
            try ProfileCodec.decode([2] + bytes.dropFirst(), user: 9)
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
            out.u8(1)
            out.u32(crc32([0, 0, 0, 0, 0, 0, 0, 1] + body))
            out.append(body)
            guard let profile = try? ProfileCodec.decode(out.bytes, user: 1) else { continue }
            accepted += 1
            // What is accepted is a profile like any other.
            expectSame(profile, try! ProfileCodec.decode(ProfileCodec.encode(profile), user: 1))
        }
        #expect(accepted > 0)
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
