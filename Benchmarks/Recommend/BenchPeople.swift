import Catalog
import Profiles
import Wire

/// People drawn from the bench's seed, by number: who plays which five games as whom, and what they like.
struct BenchPeople: Sendable {
    static let gamesEach = 5
    /// All numbers have ten digits, so that all tickets are of one length.
    private static let firstUser: UInt64 = 1_000_000_000
    /// Of 100 registrations, so many were made before the campaign opened.
    private static let veteransPercent: UInt64 = 75

    let catalog: Catalog
    let nowS: Int64

    func user(_ index: Int) -> UInt64 { Self.firstUser + UInt64(index) }

    func index(_ user: UInt64) -> Int? {
        user >= Self.firstUser && user < 10 * Self.firstUser ? Int(user - Self.firstUser) : nil
    }

    /// The whole profile.
    func profile(_ index: Int) -> Profile {
        var random = SplitMix64(seed: Stage.seed ^ splitMix64(user(index)))
        let slots = Array(catalog.games.indices).shuffled(using: &random).prefix(Self.gamesEach).sorted()
        let games = slots.map { registration(in: catalog.games[$0], &random) }
        let preference = (0..<catalog.campaign.ranking.dimensions).map { _ in
            Float.random(in: -1...1, using: &random)
        }
        return Profile(
            user: user(index), known: catalog.allGames, games: games, preference: preference,
            fetchedAtS: UInt32(nowS))
    }

    /// The whole profile as it comes out of Redis again: the vector is rounded there.
    func storedProfile(_ index: Int) throws(ProfileDamage) -> Profile {
        try ProfileCodec.decode(ProfileCodec.encode(profile(index)), user: user(index))
    }

    /// The same without what is known of one of the games that the person plays: it must be asked for.
    func partProfile(_ index: Int) -> Profile {
        var profile = profile(index)
        let gone = profile.games.remove(at: index % profile.games.count)
        profile.known &= ~(1 << UInt64(gone.game))
        return profile
    }

    private func registration(in game: Game, _ random: inout SplitMix64) -> GameProfile {
        let opensAtS = UInt64(catalog.campaign.opensAtMs / 1000)
        let isVeteran = random.next() % 100 < Self.veteransPercent
        let days = random.next() % 20
        let registeredAtS = isVeteran ? opensAtS - 86_400 * (1 + days * 40) : opensAtS + 86_400 * days
        let region = game.regions[Int(random.next() % UInt64(game.regions.count))]
        return GameProfile(
            game: game.slot, registeredAtS: UInt32(registeredAtS),
            roles: [Role(region: region.slot, id: 100_000 + random.next() % 9_900_000_000)])
    }
}
