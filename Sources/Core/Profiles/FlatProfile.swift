/// A profile laid out flat, for the hot path: its room is used again for each person, so that taking one
/// out of the cache allocates nothing once the arrays have grown.
///
/// Owner: whoever reads into it, one event loop. It stays good until something else is read into it.
package struct FlatProfile: Sendable {
    /// A person's registration in one game.
    package struct Entry: Sendable, Equatable {
        /// Slot of the game.
        package let game: UInt8
        /// Unix seconds.
        package let registeredAtS: UInt32
        /// Its part of `roles`; may be empty.
        package let roles: Range<Int>
    }

    package internal(set) var user: UInt64 = 0
    /// Which games are known, absent, stale.
    package internal(set) var knowledge = Knowledge(fetchedAtS: 0, absencesAtS: 0)
    /// Bit g = `entries` has one of game slot g.
    package internal(set) var registered: UInt64 = 0
    /// Ascending by game slot. Entries of games that are neither known nor stale do not count.
    package internal(set) var entries: [Entry] = []
    /// The roles of all entries, one after the other.
    package internal(set) var roles: [Role] = []
    /// The preference vector, or empty where there is none.
    package internal(set) var preference: [Float] = []

    package init() {}

    /// The games whose answer counts.
    package var known: UInt64 { knowledge.known }
    /// The games whose answer has aged out: good for an order to show things in, and for nothing else.
    package var stale: UInt64 { knowledge.stale }

    /// The registration in a game; nil = never registered, or nothing known. Whether it counts, `known` says.
    package func entry(of game: UInt8) -> Entry? {
        let bit: UInt64 = 1 << UInt64(game)
        guard registered & bit != 0 else { return nil }
        return entries[(registered & (bit - 1)).nonzeroBitCount]
    }

    /// Makes what is too old to count stale, and forgets what is too old even for that. Allocates nothing.
    package mutating func age(nowS: UInt32, ages: ProfileAges) {
        let gone = knowledge.age(nowS: nowS, ages: ages)
        guard gone & registered != 0 else { return }
        // Their roles stay in `roles`, where nothing refers to them.
        entries.removeAll { gone & (1 << UInt64($0.game)) != 0 }
        registered &= ~gone
    }

    /// The same profile, laid out flat.
    package mutating func set(_ profile: Profile) {
        clear(user: profile.user)
        knowledge = profile.knowledge
        for game in profile.games {
            append(game.game, registeredAtS: game.registeredAtS, roles: game.roles.count)
            roles.append(contentsOf: game.roles)
        }
        preference = profile.preference
    }

    /// Empties it but for the preference, and keeps its room.
    mutating func clear(user: UInt64) {
        self.user = user
        registered = 0
        entries.removeAll(keepingCapacity: true)
        roles.removeAll(keepingCapacity: true)
    }

    /// An entry whose roles are appended next.
    mutating func append(_ game: UInt8, registeredAtS: UInt32, roles count: Int) {
        registered |= 1 << UInt64(game)
        entries.append(
            Entry(game: game, registeredAtS: registeredAtS, roles: roles.count..<roles.count + count))
    }
}

extension Profile {
    package init(_ flat: FlatProfile) {
        self.init(
            user: flat.user,
            games: flat.entries.map { entry in
                GameProfile(
                    game: entry.game, registeredAtS: entry.registeredAtS,
                    roles: Array(flat.roles[entry.roles]))
            },
            preference: flat.preference, fetchedAtS: flat.knowledge.fetchedAtS)
        knowledge = flat.knowledge
    }
}
