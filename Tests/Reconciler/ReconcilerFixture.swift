import Catalog
import Orders

/// A small campaign made by hand, and orders of it.
enum ReconcilerFixture {
    static let catalog = Catalog(
        campaign: Campaign(
            id: "test", title: text("Test"), opensAtMs: 0, closesAtMs: 1 << 41, endsAtMs: 1 << 42,
            couponKinds: [CouponKind(id: "swipe", slot: 0, title: text("Swipe"))],
            totalLimit: RateLimit(perSecond: 100, burst: 100), deliveryWindowMs: 172_800_000,
            storage: Storage(
                shards: 4, claimBuckets: 8, ordersPartitions: 2, outcomesPartitions: 2, retryTiersMs: [1000],
                replication: 1),
            ranking: RankingWeights(
                preference: 1, popularity: 0, freshness: 0, freshHalfLifeMs: 1, dimensions: 1)),
        games: [game(0, "dragon"), game(1, "lantern")],
        gifts: [gift(0, "hello", 0), gift(1, "lamp", 1, value: 40)],
        contentHash: "00")

    /// An order of the game of that slot.
    static func order(_ id: UInt64, game: UInt16 = 0, claimedAtMs: Int64 = 1_000) -> Order {
        Order(
            id: OrderID(rawValue: id), coupon: id &+ 1, user: id &+ 2, gift: game, region: 0, role: 7,
            claimedAtMs: claimedAtMs, deadlineMs: claimedAtMs + 172_800_000)
    }

    private static func text(_ text: String) -> LocalizedText { LocalizedText(en: text, zh: text) }

    private static func game(_ slot: UInt8, _ id: String) -> Game {
        Game(
            id: id, slot: slot, name: text(id), limit: RateLimit(perSecond: 10, burst: 10), maxConcurrency: 5,
            requestTimeoutMs: 1000, connectTimeoutMs: 500, endpoint: "http://a/", queryEndpoint: nil,
            roleServiceEndpoint: "http://a/{user}", idempotent: true,
            regions: [Region(id: "s1", slot: 0, name: text("s1"))])
    }

    private static func gift(_ slot: UInt16, _ id: String, _ game: UInt8, value: Int = 0) -> Gift {
        Gift(
            id: id, slot: slot, game: game, title: text(id), image: "a.png", audience: .everyone, stock: 10,
            items: [Item(id: "coin", count: 1)], highValue: false, features: [0], popularity: 0, freshAtMs: 0,
            value: value)
    }
}
