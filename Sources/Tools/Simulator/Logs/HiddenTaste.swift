import Catalog
import Glibc
import Profiles
import Wire

/// What people really want, which no service is told: the truth behind a log of simulated choices.
///
/// A person sees some packs and takes one, or none. The utility of a claimable pack at place k of the list:
/// ```
/// strength · ⟨taste, theme⟩ + appeal + appeal to the person's kind of player + novelty · 2^(-age / 7 d)
///   - patience · ln(1 + k) + noise
/// ```
/// and of taking none `idle + noise`; the greatest is chosen. With Gumbel noise that is the softmax over what
/// was shown: the conditional logit model, McFadden, "Conditional logit analysis of qualitative choice
/// behavior", 1974. Tastes and themes are unit vectors of `latent` dimensions: a pack's theme is half that of
/// its game, a person's taste leans to the games that the person plays, for people play what they like.
struct HiddenTaste: Sendable {
    static let latent = 8
    static let strength = 7.0
    static let novelty = 0.5
    static let patience = 0.5
    static let idle = 1.0
    /// Appeal falls with the logarithm of a pack's rank (Zipf's law), scattered.
    static let skew = 0.4
    static let scatter = 0.4
    static let appealByKind = 0.3
    static let gameShareOfTheme = 0.5
    static let gamesShareOfTaste = 0.4
    static let noveltyHalfLifeMs = 7.0 * 86_400_000

    let seed: UInt64
    /// By gift slot, unit vectors.
    let themes: [[Double]]
    /// By gift slot.
    let appeal: [Double]
    /// By segment and gift slot.
    let kindAppeal: [[Double]]
    private let gameThemes: [[Double]]

    init(seed: UInt64, catalog: Catalog) {
        var random = SplitMix64(seed: splitMix64(seed ^ 0x7461_7374_65))
        self.seed = seed
        let games = catalog.games.map { _ in Self.direction(&random) }
        gameThemes = games
        themes = catalog.gifts.map { gift in
            Self.blend(games[Int(gift.game)], Self.direction(&random), share: Self.gameShareOfTheme)
        }
        let ranks = Array(catalog.gifts.indices).shuffled(using: &random)
        appeal = ranks.map { -Self.skew * log(Double($0 + 1)) + Self.scatter * random.normal() }
        kindAppeal = Segment.allCases.map { _ in
            catalog.gifts.map { _ in Self.appealByKind * random.normal() }
        }
    }

    /// The person's taste, a unit vector.
    func taste(of user: UInt64, playing games: [GameProfile]) -> [Double] {
        var random = SplitMix64(seed: splitMix64(seed ^ 0x6c69_6b65) ^ splitMix64(user))
        let own = Self.direction(&random)
        var sum = [Double](repeating: 0, count: Self.latent)
        for game in games {
            for (index, value) in gameThemes[Int(game.game)].enumerated() { sum[index] += value }
        }
        guard let played = Self.unit(sum) else { return own }
        return Self.blend(played, own, share: Self.gamesShareOfTaste)
    }

    /// All of a pack's utility that the list's order and time have no part in.
    func utility(of gift: Int, taste: [Double], segment: Segment) -> Double {
        var likeness = 0.0
        for index in 0..<Self.latent { likeness += taste[index] * themes[gift][index] }
        return Self.strength * likeness + appeal[gift] + kindAppeal[segment.rawValue][gift]
    }

    static func novelty(freshAtMs: Int64, nowMs: Int64) -> Double {
        novelty * exp2(-Double(max(0, nowMs - freshAtMs)) / noveltyHalfLifeMs)
    }

    /// What a place costs: people look at the first packs most.
    static func cost(ofPlace place: Int) -> Double { patience * log(Double(1 + place)) }

    // MARK: - Vectors

    private static func direction(_ random: inout SplitMix64) -> [Double] {
        // Independent normal numbers point everywhere alike (Muller, CACM 2(4), 1959).
        unit((0..<latent).map { _ in random.normal() }) ?? [1] + [Double](repeating: 0, count: latent - 1)
    }

    private static func blend(_ one: [Double], _ other: [Double], share: Double) -> [Double] {
        let (a, b) = (share.squareRoot(), (1 - share).squareRoot())
        return unit(zip(one, other).map { a * $0 + b * $1 }) ?? one
    }

    private static func unit(_ values: [Double]) -> [Double]? {
        let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 1e-9 ? values.map { $0 / length } : nil
    }
}

extension SplitMix64 {
    /// Standard normal, by Box and Muller's transform.
    mutating func normal() -> Double {
        let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &self))).squareRoot()
        return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &self))
    }

    /// Standard Gumbel: the greatest of utilities with such noise is a draw from their softmax.
    mutating func gumbel() -> Double {
        -log(-log(Double.random(in: .leastNormalMagnitude..<1, using: &self)))
    }
}
