import Catalog
import Profiles
import Wire

/// Who plays what, as whom: computed from a seed and the user number, so that the role services, the crowd
/// and the batch that preloads profiles agree without telling each other anything.
struct RoleWorld: Sendable {
    /// Of 100 people, so many have never registered in any game.
    static let strangersPercent: UInt64 = 3
    /// Of 100 registrations, so many were made before the campaign opened.
    static let veteransPercent: UInt64 = 75
    static let maxFurtherGames: UInt64 = 3

    let seed: UInt64
    let catalog: Catalog
    /// Cumulated shares by game slot, for drawing a game.
    private let shares: [Double]

    init(seed: UInt64, catalog: Catalog) {
        self.seed = seed
        self.catalog = catalog
        // The root of a game's limit: bigger games have more players, and yet the small ones get queues.
        var sum = 0.0
        shares = catalog.games.map { game in
            sum += game.limit.perSecond.squareRoot()
            return sum
        }
    }

    /// The person's registrations, ascending by game slot; empty for a stranger.
    func registrations(of user: UInt64) -> [GameProfile] {
        var random = SplitMix64(seed: splitMix64(seed) ^ splitMix64(user))
        guard random.next() % 100 >= Self.strangersPercent else { return [] }
        var slots: Set<UInt8> = [drawGame(&random)]
        for _ in 0..<(random.next() % (Self.maxFurtherGames + 1)) { slots.insert(drawGame(&random)) }
        return slots.sorted().map { registration(in: catalog.games[Int($0)], &random) }
    }

    /// The game that the person plays most; nil for a stranger.
    func favourite(of user: UInt64) -> UInt8? {
        var random = SplitMix64(seed: splitMix64(seed) ^ splitMix64(user))
        guard random.next() % 100 >= Self.strangersPercent else { return nil }
        return drawGame(&random)
    }

    func registration(of user: UInt64, game: UInt8) -> GameProfile? {
        registrations(of: user).first { $0.game == game }
    }

    /// Whether that role in that region of the game is the person's.
    func owns(user: UInt64, game: UInt8, region: UInt16, role: UInt64) -> Bool {
        registration(of: user, game: game)?.roles.contains(Role(region: region, id: role)) ?? false
    }

    /// The whole profile, as a nightly batch would have written it.
    func profile(of user: UInt64, fetchedAtS: UInt32) -> Profile {
        var random = SplitMix64(seed: splitMix64(seed ^ 0x7072_6566) ^ splitMix64(user))
        let preference = (0..<catalog.campaign.ranking.dimensions).map { _ in
            Float.random(in: -1...1, using: &random)
        }
        return Profile(
            user: user, known: catalog.allGames, games: registrations(of: user), preference: preference,
            fetchedAtS: fetchedAtS)
    }

    /// How long the role service takes over this question: 20 to 200 ms.
    func answerDelayMs(user: UInt64, game: UInt8) -> Int64 {
        20 + Int64(splitMix64(seed ^ splitMix64(user) ^ UInt64(game) << 56) % 181)
    }

    private func drawGame(_ random: inout SplitMix64) -> UInt8 {
        let point = Double.random(in: 0..<(shares.last ?? 1), using: &random)
        return UInt8(shares.firstIndex { point < $0 } ?? 0)
    }

    private func registration(in game: Game, _ random: inout SplitMix64) -> GameProfile {
        let opensAtS = catalog.campaign.opensAtMs / 1000
        let isVeteran = random.next() % 100 < Self.veteransPercent
        let registeredAtS =
            isVeteran
            ? opensAtS - 1 - Int64(random.next() % (900 * 86_400)) : opensAtS + Int64(random.next() % 86_400)
        let roles = game.regions.shuffled(using: &random).prefix(Int(1 + random.next() % 2)).map { region in
            Role(region: region.slot, id: 100_000 + random.next() % 9_900_000_000)
        }
        return GameProfile(game: game.slot, registeredAtS: UInt32(registeredAtS), roles: roles)
    }
}
