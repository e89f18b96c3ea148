import Catalog
import Profiles

/// Profiles and catalogs made by hand, as a test needs them.
enum ProfileFixture {
    static func profile(
        user: UInt64, games: Int, roles: Int = 1, dimensions: Int = 32, known: UInt64? = nil,
        using random: inout some RandomNumberGenerator
    ) -> Profile {
        let registered = (0..<games).map { slot in
            GameProfile(
                game: UInt8(slot), registeredAtS: .random(in: 0...(.max), using: &random),
                roles: (0..<roles).map { _ in
                    Role(
                        region: .random(in: 0..<128, using: &random),
                        id: .random(in: 0...(.max), using: &random))
                })
        }
        return Profile(
            user: user, known: known ?? (games == 64 ? .max : (1 << UInt64(games)) - 1), games: registered,
            preference: (0..<dimensions).map { _ in .random(in: -1...1, using: &random) },
            fetchedAtS: 1_771_000_000)
    }

    static func text(_ text: String) -> LocalizedText {
        LocalizedText(en: text, zh: text)
    }

    static func game(_ slot: UInt8, regions: [String] = ["s1", "s2"]) -> Game {
        Game(
            id: "game-\(slot)", slot: slot, name: text("Game"), limit: RateLimit(perSecond: 10, burst: 10),
            maxConcurrency: 5, requestTimeoutMs: 1000, connectTimeoutMs: 500, endpoint: "http://a/",
            queryEndpoint: nil, roleServiceEndpoint: "http://a/{user}", idempotent: true,
            regions: regions.enumerated().map { Region(id: $1, slot: UInt16($0), name: text($1)) })
    }

    /// A catalog of one game whose gifts have these features and popularities.
    static func catalog(
        gifts: [(features: [Float], popularity: Float, freshAtMs: Int64)], weights: RankingWeights
    ) -> Catalog {
        let all = gifts.enumerated().map { slot, gift in
            self.gift(
                UInt16(slot), features: gift.features, popularity: gift.popularity, freshAtMs: gift.freshAtMs)
        }
        return catalog(gifts: all, games: 1, weights: weights)
    }

    static func gift(
        _ slot: UInt16, game: UInt8 = 0, features: [Float] = [], popularity: Float = 0.5,
        freshAtMs: Int64 = 0, popularityBySegment: [Float]? = nil
    ) -> Gift {
        Gift(
            id: "gift-\(slot)", slot: slot, game: game, title: text("Gift"), image: "a.svg",
            audience: .everyone, stock: 1, items: [], highValue: false, features: features,
            popularity: popularity, freshAtMs: freshAtMs, popularityBySegment: popularityBySegment)
    }

    static func catalog(gifts: [Gift], games: Int, weights: RankingWeights) -> Catalog {
        let campaign = Campaign(
            id: "test", title: text("Test"), opensAtMs: 0, closesAtMs: 1, endsAtMs: 1, couponKinds: [],
            totalLimit: RateLimit(perSecond: 10, burst: 10), deliveryWindowMs: 1,
            storage: Storage(
                shards: 1, claimBuckets: 1, ordersPartitions: 1, outcomesPartitions: 1, retryTiersMs: [1],
                replication: 1), ranking: weights)
        return Catalog(
            campaign: campaign, games: (0..<games).map { game(UInt8($0)) }, gifts: gifts, contentHash: "")
    }
}
