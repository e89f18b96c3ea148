import Wire

/// Signs and verifies coupon tokens of one campaign.
///
/// A token is base 64 for URLs, without padding, of 39 bytes: version 1 (u8), key id (u8), kind (u8), serial
/// (u64), holder (u64), expiry (u32, Unix seconds), all big endian, and the first 16 bytes of
/// HMAC-SHA256(key, `hongbao coupon v1` 0 campaign 0 and those 23 bytes). 128 bits of tag suffice where
/// each guess costs the forger a request. Immutable; any thread.
package struct CouponCodec: Sendable {
    /// Characters of a token.
    package static let tokenLength = 52
    private static let version: UInt8 = 1
    private static let bodyBytes = 23
    private static let tagBytes = 16
    private static let minSecretBytes = 32

    private struct Key: Sendable {
        let hmac: HMACSHA256
        let untilS: Int64
    }

    /// Index = key id.
    private let keys: [Key?]
    private let signingKey: UInt8

    /// `keys` are the secrets by key id, at least 32 bytes each. `signingKey` is the one that signs, by
    /// default the highest: in a rotation the next key is handed out first and signs later. `untilS` are the
    /// ends of those that have one, Unix seconds: from then on a coupon of that key is refused.
    package init(
        campaign: String, keys: [UInt8: Secret], untilS: [UInt8: Int64] = [:], signingKey: UInt8? = nil
    ) throws(KeyFault) {
        guard let highest = keys.keys.max() else { throw KeyFault(reason: .noKeys) }
        let prefix = Array("hongbao coupon v1\0\(campaign)\0".utf8)
        var ready = [Key?](repeating: nil, count: Int(highest) + 1)
        for (id, secret) in keys {
            guard secret.count >= CouponCodec.minSecretBytes else {
                throw KeyFault(key: "\(id)", reason: .tooShort)
            }
            ready[Int(id)] = Key(
                hmac: HMACSHA256(key: secret, prefix: prefix), untilS: untilS[id] ?? .max)
        }
        let chosen = signingKey ?? highest
        guard keys[chosen] != nil else { throw KeyFault(key: "\(chosen)", reason: .unknownSigningKey) }
        self.keys = ready
        self.signingKey = chosen
    }

    package init(campaign: String, keys: [UInt8: [UInt8]], signingKey: UInt8? = nil) throws(KeyFault) {
        try self.init(campaign: campaign, keys: keys.mapValues(Secret.init(_:)), signingKey: signingKey)
    }

    package func sign(_ coupon: Coupon) -> String {
        var body = ByteWriter(reserving: CouponCodec.bodyBytes + CouponCodec.tagBytes)
        body.u8(CouponCodec.version)
        body.u8(signingKey)
        body.u8(coupon.kind)
        body.u64(coupon.serial)
        body.u64(coupon.holder)
        body.u32(coupon.expiresAtS)
        guard let key = keys[Int(signingKey)] else { preconditionFailure("init checked the signing key") }
        body.append(key.hmac.tag(body.bytes).prefix(CouponCodec.tagBytes))
        return String(decoding: Base64URL.encode(body.bytes), as: UTF8.self)
    }

    /// The coupon of a token that we signed, expired or not (`Coupon.isExpired`), with a key that has not
    /// ended at `nowS` (Unix seconds). Allocates nothing; the bytes are read during the call only.
    package func verify(_ token: UnsafeBufferPointer<UInt8>, nowS: Int64) throws(CouponError) -> Coupon {
        // 40 bytes for the 39 of a token.
        var words: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
        let coupon = withUnsafeMutableBytes(of: &words) { room in
            Result { () throws(CouponError) in
                try verify(token, room: room.bindMemory(to: UInt8.self), nowS: nowS)
            }
        }
        return try coupon.get()
    }

    package func verify(_ token: some Collection<UInt8>, nowS: Int64) throws(CouponError) -> Coupon {
        // A Result, since `withContiguousStorageIfAvailable` cannot pass a typed error on.
        let coupon = Array(token).withUnsafeBufferPointer { token in
            Result { () throws(CouponError) in try verify(token, nowS: nowS) }
        }
        return try coupon.get()
    }

    package func verify(_ token: String, nowS: Int64) throws(CouponError) -> Coupon {
        try verify(token.utf8, nowS: nowS)
    }

    private func verify(
        _ token: UnsafeBufferPointer<UInt8>, room: UnsafeMutableBufferPointer<UInt8>, nowS: Int64
    ) throws(CouponError) -> Coupon {
        guard token.count == CouponCodec.tokenLength, Base64URL.decode(token, into: room) != nil else {
            throw .malformed
        }
        guard room[0] == CouponCodec.version else { throw .unknownVersion }
        let keyID = Int(room[1])
        guard keyID < keys.count, let key = keys[keyID],
            !KeyLine.hasEnded(untilS: key.untilS, nowS: nowS)
        else { throw .unknownKey }
        let bytes = UnsafeRawBufferPointer(room)
        let body = UnsafeRawBufferPointer(rebasing: bytes[..<CouponCodec.bodyBytes])
        let tag = UnsafeRawBufferPointer(
            rebasing: bytes[CouponCodec.bodyBytes..<CouponCodec.bodyBytes + CouponCodec.tagBytes])
        guard key.hmac.isTagStart(tag, of: body) else { throw .badSignature }
        return Coupon(
            serial: UInt64(bigEndian: body.loadUnaligned(fromByteOffset: 3, as: UInt64.self)),
            holder: UInt64(bigEndian: body.loadUnaligned(fromByteOffset: 11, as: UInt64.self)),
            kind: body[2],
            expiresAtS: UInt32(bigEndian: body.loadUnaligned(fromByteOffset: 19, as: UInt32.self)))
    }
}
