import Wire

/// Why bytes are no profile of the person asked for.
package enum ProfileDamage: Error, Sendable, Equatable {
    case unknownVersion(UInt8)
    /// Truncated, flipped, or another person's.
    case checksum
    /// The checksum holds, and a field is out of its range: written by something else.
    case field(String)
}

/// The compact form of a profile in Redis; a person with five games, a role each, and a vector of 32 takes
/// at most 120 bytes.
///
/// Form 1, integers big endian, v = LEB128 varint:
/// ```
/// version u8 = 1 | crc32 u32 over (user u64, all that follows) | fetchedAtS u32 | zigzag v (absent - it)
/// known: u8 n <= 64 = the lowest n games; u8 0x80 + k = k bytes of the set follow, k in 1...8
/// games: v count, then each: u8 slot + 64 x min(roles, 3) | registeredAtS u32 | v roles - 3 if >= 3
///                            | roles: v region, u64 id
/// preference: u8 length | if > 0: u16 scale (upper half of a Float) | length x i8
/// ```
/// The user is in the checksum and not in the bytes: the key names them already, and a value under the wrong
/// key must not pass.
package enum ProfileCodec {
    package static let version: UInt8 = 1
    /// No profile is longer; what is, is not read.
    package static let maxBytes = 256 * 1024
    package static let maxDimensions = 255

    package static func encode(_ profile: Profile) -> [UInt8] {
        precondition(profile.games.count <= 64 && profile.preference.count <= maxDimensions)
        var body = ByteWriter(reserving: 128)
        body.u32(profile.fetchedAtS)
        body.varint(zigzag(Int64(profile.absencesAtS) - Int64(profile.fetchedAtS)))
        encode(known: profile.known, &body)
        body.varint(UInt64(profile.games.count))
        for game in profile.games { encode(game, &body) }
        PreferenceVector.encode(profile.preference, &body)
        var out = ByteWriter(reserving: body.bytes.count + 5)
        out.u8(version)
        out.u32(checksum(user: profile.user, body: body.bytes[...]))
        out.append(body.bytes)
        return out.bytes
    }

    /// The profile of `user`, as far as the bytes are whole.
    package static func decode(_ bytes: [UInt8], user: UInt64) throws(ProfileDamage) -> Profile {
        guard bytes.count >= 5, bytes.count <= maxBytes else { throw .checksum }
        guard bytes[0] == version else { throw .unknownVersion(bytes[0]) }
        let stored = bytes[1...4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard stored == checksum(user: user, body: bytes[5...]) else { throw .checksum }
        var reader = ByteReader(bytes[5...])
        do {
            return try decode(&reader, user: user)
        } catch let damage as ProfileDamage {
            throw damage
        } catch {
            throw .field("length")
        }
    }

    private static func decode(_ reader: inout ByteReader, user: UInt64) throws -> Profile {
        let fetchedAtS = try reader.u32()
        let absencesAtS = Int64(fetchedAtS) &+ unzigzag(try reader.varint())
        guard let absencesAtS = UInt32(exactly: absencesAtS) else { throw ProfileDamage.field("absences") }
        let known = try decodeKnown(&reader)
        let count = try reader.varint()
        guard count <= 64 else { throw ProfileDamage.field("games") }
        var games: [GameProfile] = []
        games.reserveCapacity(Int(count))
        for _ in 0..<count {
            let game = try decodeGame(&reader)
            guard known & (1 << UInt64(game.game)) != 0, games.last.map({ $0.game < game.game }) ?? true
            else {
                throw ProfileDamage.field("game")
            }
            games.append(game)
        }
        let preference = try PreferenceVector.decode(&reader)
        guard reader.remaining == 0 else { throw ProfileDamage.field("length") }
        return Profile(
            user: user, known: known, games: games, preference: preference, fetchedAtS: fetchedAtS,
            absencesAtS: absencesAtS)
    }

    private static func encode(known: UInt64, _ out: inout ByteWriter) {
        let ones = (~known).trailingZeroBitCount
        if ones == 64 || known >> UInt64(ones) == 0 {
            out.u8(UInt8(ones))
            return
        }
        let bytes = (64 - known.leadingZeroBitCount + 7) / 8
        out.u8(0x80 + UInt8(bytes))
        for index in stride(from: bytes - 1, through: 0, by: -1) {
            out.u8(UInt8(truncatingIfNeeded: known >> UInt64(8 * index)))
        }
    }

    private static func decodeKnown(_ reader: inout ByteReader) throws -> UInt64 {
        let form = try reader.u8()
        if form <= 64 { return form == 64 ? .max : (1 << UInt64(form)) - 1 }
        guard (0x81...0x88).contains(form) else { throw ProfileDamage.field("known") }
        var known: UInt64 = 0
        for _ in 0..<(form - 0x80) { known = known << 8 | UInt64(try reader.u8()) }
        return known
    }

    private static func encode(_ game: GameProfile, _ out: inout ByteWriter) {
        precondition(game.game < 64 && game.roles.count <= Profile.maxRolesAGame)
        out.u8(game.game | UInt8(min(game.roles.count, 3)) << 6)
        out.u32(game.registeredAtS)
        if game.roles.count >= 3 { out.varint(UInt64(game.roles.count - 3)) }
        for role in game.roles {
            out.varint(UInt64(role.region))
            out.u64(role.id)
        }
    }

    private static func decodeGame(_ reader: inout ByteReader) throws -> GameProfile {
        let head = try reader.u8()
        let registeredAtS = try reader.u32()
        var count = UInt64(head >> 6)
        if count == 3 {
            let more = try reader.varint()
            guard more <= UInt64(Profile.maxRolesAGame - 3) else { throw ProfileDamage.field("roles") }
            count += more
        }
        var roles: [Role] = []
        for _ in 0..<count {
            guard let region = UInt16(exactly: try reader.varint()) else {
                throw ProfileDamage.field("region")
            }
            roles.append(Role(region: region, id: try reader.u64()))
        }
        return GameProfile(game: head & 0x3f, registeredAtS: registeredAtS, roles: roles)
    }

    private static func checksum(user: UInt64, body: ArraySlice<UInt8>) -> UInt32 {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + body.count)
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: user >> UInt64(shift)))
        }
        bytes += body
        return crc32(bytes)
    }

    /// Small numbers of either sign become small unsigned ones (Protocol Buffers' ZigZag).
    private static func zigzag(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: value << 1 ^ value >> 63)
    }

    private static func unzigzag(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}
