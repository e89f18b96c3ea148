import Catalog

/// A campaign with one game and one gift pack, made by hand.
enum EpochCatalog {
    static let catalog = Catalog(
        campaign: Campaign(
            id: "test", title: text, opensAtMs: 0, closesAtMs: 1 << 41, endsAtMs: 1 << 42,
            couponKinds: [CouponKind(id: "swipe", slot: 0, title: text)],
            totalLimit: RateLimit(perSecond: 100, burst: 100), deliveryWindowMs: 172_800_000,
            storage: Storage(
                shards: 4, claimBuckets: 8, ordersPartitions: 2, outcomesPartitions: 2, retryTiersMs: [1000],
                replication: 1),
            ranking: RankingWeights(
                preference: 1, popularity: 0, freshness: 0, freshHalfLifeMs: 1, dimensions: 1)),
        games: [
            Game(
                id: "carp", slot: 0, name: text, limit: RateLimit(perSecond: 10, burst: 10),
                maxConcurrency: 5, requestTimeoutMs: 1000, connectTimeoutMs: 500, endpoint: "http://a/",
                queryEndpoint: nil, roleServiceEndpoint: "http://a/{user}", idempotent: true,
                regions: [Region(id: "r0", slot: 0, name: text)])
        ],
        gifts: [
            Gift(
                id: "hello", slot: 0, game: 0, title: text, image: "a.png", audience: .everyone, stock: 10,
                items: [Item(id: "coin", count: 1)], highValue: false, features: [0], popularity: 0,
                freshAtMs: 0)
        ], contentHash: "00")

    private static let text = LocalizedText(en: "Test", zh: "试")
}
