extension ProfileCodec {
    /// Reads a body without looking at its checksum: for bytes that have not left the process.
    static func decodeBody(
        _ body: UnsafeRawBufferPointer, user: UInt64, into flat: inout FlatProfile
    ) throws(ProfileDamage) {
        guard let start = body.baseAddress else { throw .field("length") }
        var reader = ByteCursor(start, count: body.count)
        flat.clear(user: user)
        let fetchedAtS = try reader.u32()
        var knowledge = Knowledge(
            fetchedAtS: fetchedAtS, absencesAtS: try decodeStamp(&reader, after: fetchedAtS, "absences"))
        knowledge.known = try decodeSet(&reader)
        let count = try reader.u8()
        if count & staleFlag != 0 {
            knowledge.stale = try decodeSet(&reader)
            knowledge.staleAtS = try decodeStamp(&reader, after: fetchedAtS, "stale")
            guard knowledge.stale != 0, knowledge.stale & knowledge.known == 0 else { throw .field("stale") }
        }
        guard count & ~staleFlag <= 64 else { throw .field("games") }
        let answered = knowledge.known | knowledge.stale
        knowledge.absences = knowledge.known
        for _ in 0..<count & ~staleFlag {
            let game = try decodeGame(&reader, into: &flat, among: answered)
            if let roles = flat.entries.last?.roles, !roles.isEmpty { knowledge.absences &= ~game }
        }
        try PreferenceVector.decode(&reader, into: &flat.preference)
        guard reader.remaining == 0 else { throw .field("length") }
        flat.knowledge = knowledge
    }

    /// - Returns: the game, as a bit.
    private static func decodeGame(
        _ reader: inout ByteCursor, into flat: inout FlatProfile, among answered: UInt64
    ) throws(ProfileDamage) -> UInt64 {
        let head = try reader.u8()
        let registeredAtS = try reader.u32()
        var count = Int(head >> 6)
        if count == 3 {
            let more = try reader.varint()
            guard more <= UInt64(Profile.maxRolesAGame - 3) else { throw .field("roles") }
            count += Int(more)
        }
        let game = head & 0x3f
        let bit: UInt64 = 1 << UInt64(game)
        // Ascending: nothing at or above it has been there.
        guard answered & bit != 0, flat.registered < bit else { throw .field("game") }
        flat.append(game, registeredAtS: registeredAtS, roles: count)
        for _ in 0..<count {
            guard let region = UInt16(exactly: try reader.varint()) else { throw .field("region") }
            flat.roles.append(Role(region: region, id: try reader.u64()))
        }
        return bit
    }

    private static func decodeStamp(
        _ reader: inout ByteCursor, after baseS: UInt32, _ name: String
    ) throws(ProfileDamage) -> UInt32 {
        let coded = try reader.varint()
        let difference = Int64(bitPattern: coded >> 1) ^ -Int64(bitPattern: coded & 1)
        guard let stamp = UInt32(exactly: Int64(baseS) &+ difference) else { throw .field(name) }
        return stamp
    }

    private static func decodeSet(_ reader: inout ByteCursor) throws(ProfileDamage) -> UInt64 {
        let form = try reader.u8()
        if form <= 64 { return form == 64 ? .max : (1 << UInt64(form)) - 1 }
        guard (0x81...0x88).contains(form) else { throw .field("set") }
        var set: UInt64 = 0
        for _ in 0..<(form - 0x80) { set = set << 8 | UInt64(try reader.u8()) }
        return set
    }
}
