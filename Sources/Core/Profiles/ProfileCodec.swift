import Wire

/// Why bytes are no profile of the person asked for.
package enum ProfileDamage: Error, Sendable, Equatable {
    /// Of an older or a newer form than this one.
    case unknownVersion(UInt8)
    /// Truncated, flipped, or another person's.
    case checksum
    /// The checksum holds, and a field is out of its range: written by something else.
    case field(String)
}

/// The compact form of a profile in Redis and in the loop-local cache; a person with five games, a role each,
/// and a vector of 32 takes at most 120 bytes.
///
/// Form 2, integers big endian, v = LEB128 varint, z = zigzag v:
/// ```
/// version u8 = 2 | crc32 u32 over (user u64, body) | body
/// body: fetchedAtS u32 | z (absencesAtS - fetchedAtS)
///       known set
///       u8 count of games, + 0x80 if anything is stale: then stale set | z (staleAtS - fetchedAtS)
///       games: u8 slot + 64 x min(roles, 3) | registeredAtS u32 | v roles - 3 if >= 3
///                            | roles: v region, u64 id
///       preference: u8 length | if > 0: u16 scale (upper half of a Float) | length x i8
/// set:  u8 n <= 64 = the lowest n games; u8 0x80 + k = k bytes of the set follow, k in 1...8
/// ```
/// The user is in the checksum and not in the bytes: the key names them already, and a value under the wrong
/// key must not pass. Form 1 had nothing of what is stale.
package enum ProfileCodec {
    package static let version: UInt8 = 2
    /// No profile is longer; what is, is not read.
    package static let maxBytes = 256 * 1024
    package static let maxDimensions = 255
    /// What stands before the body.
    static let headBytes = 5

    package static func encode(_ profile: Profile) -> [UInt8] {
        var out = ByteWriter(reserving: 160)
        out.u8(version)
        out.u32(0)
        encodeBody(profile, &out)
        let sum = out.bytes.withUnsafeBytes {
            checksum(user: profile.user, body: UnsafeRawBufferPointer(rebasing: $0[headBytes...]))
        }
        for place in 1...4 { out.bytes[place] = UInt8(truncatingIfNeeded: sum >> UInt32(32 - 8 * place)) }
        return out.bytes
    }

    /// The profile of `user`, as far as the bytes are whole.
    package static func decode(_ bytes: [UInt8], user: UInt64) throws(ProfileDamage) -> Profile {
        var flat = FlatProfile()
        try decode(bytes, user: user, into: &flat)
        return Profile(flat)
    }

    /// The same into room that is used again; after an error there is nothing good in it.
    package static func decode(
        _ bytes: [UInt8], user: UInt64, into flat: inout FlatProfile
    ) throws(ProfileDamage) {
        guard bytes.count > headBytes, bytes.count <= maxBytes else { throw .checksum }
        guard bytes[0] == version else { throw .unknownVersion(bytes[0]) }
        let damage: ProfileDamage? = bytes.withUnsafeBytes { bytes in
            let body = UnsafeRawBufferPointer(rebasing: bytes[headBytes...])
            let stored = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
            guard stored == checksum(user: user, body: body) else { return .checksum }
            do throws(ProfileDamage) {
                try decodeBody(body, user: user, into: &flat)
                return nil
            } catch {
                return error
            }
        }
        if let damage { throw damage }
    }

    // MARK: - Writing

    static func encodeBody(_ profile: Profile, _ out: inout ByteWriter) {
        precondition(profile.games.count <= 64 && profile.preference.count <= maxDimensions)
        out.u32(profile.fetchedAtS)
        out.varint(zigzag(Int64(profile.absencesAtS) - Int64(profile.fetchedAtS)))
        encode(set: profile.known, &out)
        out.u8(UInt8(profile.games.count) | (profile.stale == 0 ? 0 : staleFlag))
        if profile.stale != 0 {
            encode(set: profile.stale, &out)
            out.varint(zigzag(Int64(profile.staleAtS) - Int64(profile.fetchedAtS)))
        }
        for game in profile.games { encode(game, &out) }
        PreferenceVector.encode(profile.preference, &out)
    }

    static let staleFlag: UInt8 = 0x80

    private static func encode(set: UInt64, _ out: inout ByteWriter) {
        let ones = (~set).trailingZeroBitCount
        if ones == 64 || set >> UInt64(ones) == 0 {
            out.u8(UInt8(ones))
            return
        }
        let bytes = (64 - set.leadingZeroBitCount + 7) / 8
        out.u8(0x80 + UInt8(bytes))
        for index in stride(from: bytes - 1, through: 0, by: -1) {
            out.u8(UInt8(truncatingIfNeeded: set >> UInt64(8 * index)))
        }
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

    private static func checksum(user: UInt64, body: UnsafeRawBufferPointer) -> UInt32 {
        withUnsafeBytes(of: user.bigEndian) { crc32(body, after: crc32($0, after: 0)) }
    }

    /// Small numbers of either sign become small unsigned ones (Protocol Buffers' ZigZag).
    private static func zigzag(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: value << 1 ^ value >> 63)
    }
}
