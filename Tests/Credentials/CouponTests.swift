import Credentials
import Testing
import Wire

@Suite struct CouponTests {
    private static let secret: [UInt8] = Array(0..<32)
    private static let coupon = Coupon(
        serial: 0x0123_4567_89AB_CDEF, holder: 10_001, kind: 2, expiresAtS: 1_771_300_000)

    private func codec(
        campaign: String = "spring-2026", _ keys: [UInt8: [UInt8]] = [7: secret], signingKey: UInt8? = nil
    ) throws -> CouponCodec {
        try CouponCodec(campaign: campaign, keys: keys, signingKey: signingKey)
    }

    /// Made by another implementation from the format's description: issued coupons must stay good.
    @Test func formatIsFrozen() throws {
        let token = "AQcCASNFZ4mrze8AAAAAAAAnEWmT5KBKsF9roiXDIkGIR6lDO4xE"
        #expect(try codec().sign(Self.coupon) == token)
        #expect(try codec().verify(token, nowS: 0) == Self.coupon)
        #expect(token.utf8.count == CouponCodec.tokenLength)
    }

    @Test func roundTrips() throws {
        let codec = try codec()
        var random = SplitMix64(seed: 4)
        for _ in 0..<500 {
            let coupon = Coupon(
                serial: random.next(), holder: random.next(), kind: UInt8(truncatingIfNeeded: random.next()),
                expiresAtS: UInt32(truncatingIfNeeded: random.next()))
            #expect(try codec.verify(Array(codec.sign(coupon).utf8), nowS: 0) == coupon)
        }
    }

    @Test("promise 10: not one bit of a coupon can be changed")
    func everyBitCounts() throws {
        let codec = try codec()
        let token = Array(codec.sign(Self.coupon).utf8)
        for bit in 0..<token.count * 8 {
            var damaged = token
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: CouponError.self) { try codec.verify(damaged, nowS: 0) }
        }
        guard let bytes = Base64URL.decode(token) else {
            Issue.record("not base 64")
            return
        }
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let expected: CouponError = bit < 8 ? .unknownVersion : bit < 16 ? .unknownKey : .badSignature
            #expect(throws: expected) { try codec.verify(Base64URL.encode(damaged), nowS: 0) }
        }
    }

    @Test("promise 10: a coupon is good in its own campaign only")
    func otherCampaigns() throws {
        let token = try codec().sign(Self.coupon)
        for campaign in ["spring-2027", "", "spring-202", "spring-2026\0"] {
            #expect(throws: CouponError.badSignature) { try codec(campaign: campaign).verify(token, nowS: 0) }
        }
        #expect(throws: CouponError.badSignature) {
            try codec([7: [UInt8](repeating: 1, count: 32)]).verify(token, nowS: 0)
        }
    }

    @Test func keysRotate() throws {
        let next = [UInt8](repeating: 9, count: 32)
        let old = try codec()
        let announced = try codec([7: Self.secret, 8: next], signingKey: 7)
        let switched = try codec([7: Self.secret, 8: next])
        let ended = try codec([8: next])
        #expect(announced.sign(Self.coupon) == old.sign(Self.coupon))
        #expect(try announced.verify(switched.sign(Self.coupon), nowS: 0) == Self.coupon)
        #expect(try switched.verify(old.sign(Self.coupon), nowS: 0) == Self.coupon)
        #expect(try ended.verify(switched.sign(Self.coupon), nowS: 0) == Self.coupon)
        #expect(throws: CouponError.unknownKey) { try ended.verify(old.sign(Self.coupon), nowS: 0) }
        #expect(throws: CouponError.unknownKey) { try old.verify(switched.sign(Self.coupon), nowS: 0) }
    }

    /// An expired coupon is still a coupon: its order must be found again.
    @Test func expiryIsReadNotEnforced() throws {
        let coupon = try codec().verify(try codec().sign(Self.coupon), nowS: 0)
        #expect(!coupon.isExpired(nowS: 1_771_299_999))
        #expect(coupon.isExpired(nowS: 1_771_300_000))
    }

    @Test(arguments: ["", "A", "AQcC", "AQcCASNFZ4mrze8AAAAAAAAnEWmT5KBKsF9roiXDIkGIR6lDO4x=", "红包"])
    func garbage(_ token: String) throws {
        #expect(throws: CouponError.malformed) { try codec().verify(token, nowS: 0) }
    }

    @Test("promise 10: hostile coupons are refused without a crash")
    func noise() throws {
        let codec = try codec()
        var random = SplitMix64(seed: 5)
        for round in 0..<5000 {
            let length = round % 2 == 0 ? 39 : Int(random.next() % 60)
            var bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            if round % 4 == 0 { bytes.replaceSubrange(0..<2, with: [1, 7]) }
            #expect(throws: CouponError.self) { try codec.verify(bytes, nowS: 0) }
            #expect(throws: CouponError.self) { try codec.verify(Base64URL.encode(bytes), nowS: 0) }
        }
    }

    @Test func badKeysAreRefused() {
        #expect(throws: KeyFault(reason: .noKeys)) { try codec([:]) }
        #expect(throws: KeyFault(key: "3", reason: .tooShort)) { try codec([3: Array(0..<31)]) }
        #expect(throws: KeyFault(key: "4", reason: .unknownSigningKey)) {
            try codec([3: Self.secret], signingKey: 4)
        }
    }
}
