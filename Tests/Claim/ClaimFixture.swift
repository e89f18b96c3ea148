import Catalog
import Credentials
import Orders
import Profiles

@testable import Claim

/// A small campaign and the credentials for it, made by hand.
enum ClaimFixture {
    static let opensAtMs: Int64 = 1_770_000_000_000
    static let closesAtMs: Int64 = opensAtMs + 7 * 86_400_000
    static let nowMs = opensAtMs + 3_600_000
    static let user: UInt64 = 1_234_567_890_123
    static let role: UInt64 = 77

    static let catalog: Catalog = {
        let campaign = Campaign(
            id: "test", title: text("Test"), opensAtMs: opensAtMs, closesAtMs: closesAtMs,
            endsAtMs: closesAtMs + 86_400_000,
            couponKinds: [
                CouponKind(id: "swipe", slot: 0, title: text("Swipe")),
                CouponKind(id: "scan", slot: 1, title: text("Scan")),
            ], totalLimit: RateLimit(perSecond: 100, burst: 100), deliveryWindowMs: 172_800_000,
            storage: Storage(
                shards: 4, claimBuckets: 8, ordersPartitions: 2, outcomesPartitions: 2, retryTiersMs: [1000],
                replication: 1),
            ranking: RankingWeights(
                preference: 1, popularity: 0, freshness: 0, freshHalfLifeMs: 1, dimensions: 1))
        return Catalog(
            campaign: campaign, games: [game(0, "dragon"), game(1, "lantern")],
            gifts: [gift(0, "hello", 0, .new), gift(1, "again", 0, .active), gift(2, "lamp", 1, .everyone)],
            contentHash: "00")
    }()

    static let ticketKey = TicketKey(id: "k1", algorithm: .hs256, material: Array(repeating: 7, count: 32))
    static let gate = ClaimGate(catalog: catalog)
    static let tickets: TicketVerifier = {
        do {
            return try TicketVerifier(keys: [ticketKey], audience: "hongbao")
        } catch {
            preconditionFailure("\(error)")
        }
    }()
    static let coupons: CouponCodec = {
        do {
            return try CouponCodec(campaign: "test", keys: [1: Array(repeating: 9, count: 32)])
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    static func ticket(user: UInt64 = user, expiresAtMs: Int64 = nowMs + 60_000) throws -> String {
        try TicketSigner(key: ticketKey).sign(
            user: user, audience: "hongbao", issuedAtS: nowMs / 1000 - 60, expiresAtS: expiresAtMs / 1000)
    }

    static func coupon(
        serial: UInt64 = 5, holder: UInt64 = user, kind: UInt8 = 0, expiresAtMs: Int64 = nowMs + 86_400_000
    ) -> String {
        coupons.sign(
            Coupon(serial: serial, holder: holder, kind: kind, expiresAtS: UInt32(expiresAtMs / 1000)))
    }

    static func body(
        coupon: String = coupon(), gift: String = "lamp", region: String = "s1", role: String = "77"
    ) -> [UInt8] {
        Array(#"{"coupon":"\#(coupon)","gift":"\#(gift)","region":"\#(region)","role":"\#(role)"}"#.utf8)
    }

    /// Somebody who plays both games as role 77 in region slot 0.
    static func profile(registeredAtMs: Int64 = opensAtMs - 1_000_000, known: UInt64 = 3) -> Profile {
        Profile(
            user: user, known: known,
            games: [0, 1].filter { known & (1 << UInt64($0)) != 0 }.map { game in
                GameProfile(
                    game: UInt8(game), registeredAtS: UInt32(registeredAtMs / 1000),
                    roles: [Role(region: 0, id: role)])
            }, fetchedAtS: UInt32(nowMs / 1000))
    }

    static func order(
        coupon: UInt64 = 5, gift: UInt16 = 2, region: UInt16 = 0, role: UInt64 = role, id: UInt64 = 0
    ) -> Order {
        Order(
            id: OrderID(rawValue: id), coupon: coupon, user: user, gift: gift, region: region, role: role,
            claimedAtMs: nowMs, deadlineMs: nowMs + 172_800_000)
    }

    static func admitted(gift: UInt16 = 2, region: UInt16 = 0) -> AdmittedClaim {
        AdmittedClaim(
            user: user, coupon: 5, couponExpiresAtS: UInt32(nowMs / 1000 + 86_400), gift: gift,
            region: region,
            role: role)
    }

    private static func text(_ text: String) -> LocalizedText { LocalizedText(en: text, zh: text) }

    private static func game(_ slot: UInt8, _ id: String) -> Game {
        Game(
            id: id, slot: slot, name: text(id), limit: RateLimit(perSecond: 10, burst: 10), maxConcurrency: 5,
            requestTimeoutMs: 1000, connectTimeoutMs: 500, endpoint: "http://a/", queryEndpoint: nil,
            roleServiceEndpoint: "http://a/{user}", idempotent: true,
            regions: [
                Region(id: "s1", slot: 0, name: text("s1")), Region(id: "s2", slot: 1, name: text("s2")),
            ])
    }

    private static func gift(_ slot: UInt16, _ id: String, _ game: UInt8, _ audience: Audience) -> Gift {
        Gift(
            id: id, slot: slot, game: game, title: text(id), image: "a.svg", audience: audience, stock: 1000,
            items: [Item(id: "gold", count: 1)], highValue: false, features: [0], popularity: 0, freshAtMs: 0)
    }
}

/// Bytes of a body as the gate takes them.
func admit(
    _ body: [UInt8], user: UInt64 = ClaimFixture.user
) throws(ClaimProblem) -> AdmittedClaim {
    try body.withUnsafeBytes { bytes in
        Result { () throws(ClaimProblem) in
            try ClaimFixture.gate.admit(
                Visitor(user: user), body: bytes, coupons: ClaimFixture.coupons, nowMs: ClaimFixture.nowMs)
        }
    }.get()
}
