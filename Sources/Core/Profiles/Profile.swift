import Catalog

/// What is known of a person: where they are registered, as whom they play, and what they like.
///
/// A game in `known` without an entry in `games` = the person never registered there. A game not in `known`
/// = nobody has answered yet, or the answer has aged out; it is shown as unknown, never guessed. An answer
/// that has aged out is `stale`: good for an order to show things in while nobody can be asked, and for
/// nothing that somebody is told or given.
package struct Profile: Sendable, Equatable {
    /// Roles of a person in one game that are kept at most; one game's answer may not hold more.
    package static let maxRolesAGame = 256

    package let user: UInt64
    /// Bit g = the role service of game slot g has answered, and the answer counts.
    package var known: UInt64
    /// Bit g = it has answered, too long ago to count. None of them is in `known`.
    package var stale: UInt64
    /// Ascending by game slot, each game once, each in `known` or `stale`.
    package var games: [GameProfile]
    /// The preference vector, or empty where there is none.
    package var preference: [Float]
    /// When the oldest answer of `known` with a role was given, Unix seconds.
    package var fetchedAtS: UInt32
    /// When the oldest of the answers "not registered" or "no role" was given, Unix seconds. They age sooner,
    /// because a person who is told to register does so.
    package var absencesAtS: UInt32
    /// When the oldest answer of `stale` was given, Unix seconds; 0 where nothing is stale.
    package var staleAtS: UInt32

    package init(
        user: UInt64, known: UInt64 = 0, games: [GameProfile] = [], preference: [Float] = [],
        fetchedAtS: UInt32, absencesAtS: UInt32? = nil, stale: UInt64 = 0, staleAtS: UInt32 = 0
    ) {
        self.user = user
        self.known = known
        self.games = games
        self.preference = preference
        self.fetchedAtS = fetchedAtS
        self.absencesAtS = absencesAtS ?? fetchedAtS
        self.stale = stale
        self.staleAtS = staleAtS
    }

    /// Whether nothing is known at all, nor stale.
    package var isEmpty: Bool { known | stale == 0 && preference.isEmpty }

    /// The registration in a game; nil = never registered, or not known. Whether it counts, `known` says.
    package func game(_ slot: UInt8) -> GameProfile? {
        games.first { $0.game == slot }
    }

    package func knows(_ slot: UInt8) -> Bool {
        known & (1 << UInt64(slot)) != 0
    }

    /// Whether every game and region in it is one of the catalog's; what is read from a store may be of
    /// another campaign's.
    package func fits(_ catalog: Catalog) -> Bool {
        (known | stale) & ~catalog.allGames == 0 && games.allSatisfy { $0.fits(catalog) }
    }

    /// The known games in which the person has no role.
    package var absences: UInt64 {
        games.reduce(known) { $1.roles.isEmpty ? $0 : $0 & ~(1 << UInt64($1.game)) }
    }
}

/// A person's registration in one game.
package struct GameProfile: Sendable, Equatable {
    /// Slot of the game.
    package let game: UInt8
    /// Unix seconds.
    package let registeredAtS: UInt32
    /// May be empty: registered, and no role made yet.
    package let roles: [Role]

    package init(game: UInt8, registeredAtS: UInt32, roles: [Role]) {
        self.game = game
        self.registeredAtS = registeredAtS
        self.roles = roles
    }

    /// Whether its game and regions are the catalog's.
    package func fits(_ catalog: Catalog) -> Bool {
        guard Int(game) < catalog.games.count else { return false }
        let regions = catalog.games[Int(game)].regions.count
        return roles.allSatisfy { Int($0.region) < regions }
    }
}

/// As whom a person plays in one region.
package struct Role: Sendable, Equatable {
    /// Slot of the region within its game.
    package let region: UInt16
    package let id: UInt64

    package init(region: UInt16, id: UInt64) {
        self.region = region
        self.id = id
    }
}
