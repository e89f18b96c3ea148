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

    /// Index = key id.
    private let keys: [HMACSHA256?]
    private let signingKey: UInt8

    /// `keys` are the secrets by key id, at least 32 bytes each. `signingKey` is the one that signs, by
    /// default the highest: in a rotation the next key is handed out first and signs later.
    package init(campaign: String, keys: [UInt8: Secret], signingKey: UInt8? = nil) throws(KeyFault) {
        guard let highest = keys.keys.max() else { throw KeyFault(reason: .noKeys) }
        let prefix = Array("hongbao coupon v1\0\(campaign)\0".utf8)
        var ready = [HMACSHA256?](repeating: nil, count: Int(highest) + 1)
        for (id, secret) in keys {
            guard secret.count >= CouponCodec.minSecretBytes else {
                throw KeyFault(key: "\(id)", reason: .tooShort)
            }
            ready[Int(id)] = HMACSHA256(key: secret, prefix: prefix)
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
        body.append(key.tag(body.bytes).prefix(CouponCodec.tagBytes))
        return String(decoding: Base64URL.encode(body.bytes), as: UTF8.self)
    }

    /// The coupon of a token that we signed, expired or not (`Coupon.isExpired`).
    package func verify(_ token: some Collection<UInt8>) throws(CouponError) -> Coupon {
        guard token.count == CouponCodec.tokenLength, let bytes = Base64URL.decode(token) else {
            throw .malformed
        }
        guard bytes[0] == CouponCodec.version else { throw .unknownVersion }
        let keyID = Int(bytes[1])
        guard keyID < keys.count, let key = keys[keyID] else { throw .unknownKey }
        var message = key.begin()
        bytes.withUnsafeBytes { message.add(UnsafeRawBufferPointer(rebasing: $0[..<CouponCodec.bodyBytes])) }
        let tag = message.finish()[..<CouponCodec.tagBytes]
        guard constantTimeEquals(tag, bytes[CouponCodec.bodyBytes...]) else { throw .badSignature }
        var fields = ByteReader(bytes[2...])
        do {
            let kind = try fields.u8()
            let serial = try fields.u64()
            let holder = try fields.u64()
            return Coupon(serial: serial, holder: holder, kind: kind, expiresAtS: try fields.u32())
        } catch {
            throw .malformed
        }
    }

    package func verify(_ token: String) throws(CouponError) -> Coupon {
        try verify(token.utf8)
    }
}
