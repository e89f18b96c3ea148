/// Profiles kept by one event loop: bounded bytes, a life for each, CLOCK for what must go. No locks: one
/// owner.
///
/// CLOCK (Corbató, "A Paging Experiment with the Multics System", 1968): a hand goes round the entries; one
/// used since the hand's last visit is spared once, one not used goes. It comes close to least-recently-used
/// and writes a flag on a hit instead of moving list nodes.
package struct ProfileCache {
    private struct Entry {
        var profile: Profile
        var expiresAtMs: Int64
        var bytes: Int
        var wasUsed: Bool
    }

    /// What an entry costs beside its profile's arrays: the entry, its place in the table, array headers.
    static let entryBytes = 192

    package let maxBytes: Int
    package let lifeMs: Int64
    package private(set) var bytes = 0
    package private(set) var evictions: UInt64 = 0
    private var slots: [Entry?] = []
    private var free: [Int] = []
    private var places: [UInt64: Int] = [:]
    private var hand = 0

    /// - Parameters:
    ///   - maxBytes: of all profiles together, by `cost`; a profile larger than this is not kept.
    ///   - lifeMs: how long an entry counts at most.
    package init(maxBytes: Int, lifeMs: Int64) {
        precondition(maxBytes >= 0 && lifeMs > 0)
        self.maxBytes = maxBytes
        self.lifeMs = lifeMs
    }

    package var count: Int { places.count }

    /// The profile, if it is there and young enough.
    package mutating func profile(of user: UInt64, nowMs: Int64) -> Profile? {
        guard let place = places[user], let entry = slots[place] else { return nil }
        // An end further off than a whole life means that the clock was set back.
        guard nowMs < entry.expiresAtMs, entry.expiresAtMs - nowMs <= lifeMs else {
            remove(at: place)
            return nil
        }
        slots[place]?.wasUsed = true
        return entry.profile
    }

    /// Keeps a profile in place of an older one of the person, for 7/8 to all of its life.
    ///
    /// - Parameters:
    ///   - lifeMs: nil = the cache's; a longer one is cut to it.
    ///   - jitter: any random word; it spreads the ends of lives, so that what was filled in one burst does
    ///     not end in one.
    package mutating func keep(_ profile: Profile, nowMs: Int64, lifeMs: Int64? = nil, jitter: UInt64) {
        let lifeMs = max(1, min(lifeMs ?? self.lifeMs, self.lifeMs))
        if let place = places[profile.user] { remove(at: place) }
        let bytes = Self.cost(profile)
        guard bytes <= maxBytes else { return }
        while self.bytes + bytes > maxBytes { evictOne() }
        let early = Int64(jitter % UInt64(lifeMs / 8 + 1))
        let entry = Entry(profile: profile, expiresAtMs: nowMs + lifeMs - early, bytes: bytes, wasUsed: false)
        let place: Int
        if let reused = free.popLast() {
            place = reused
            slots[place] = entry
        } else {
            place = slots.count
            slots.append(entry)
        }
        places[profile.user] = place
        self.bytes += bytes
    }

    package mutating func forget(_ user: UInt64) {
        if let place = places[user] { remove(at: place) }
    }

    /// What a profile costs here, in bytes; an estimate that counts every array.
    static func cost(_ profile: Profile) -> Int {
        profile.games.reduce(entryBytes + 4 * profile.preference.count) {
            $0 + 48 + 16 * $1.roles.count
        }
    }

    private mutating func evictOne() {
        // Two rounds at most: the first clears every flag.
        while true {
            if hand >= slots.count { hand = 0 }
            defer { hand += 1 }
            guard let entry = slots[hand] else { continue }
            if entry.wasUsed {
                slots[hand]?.wasUsed = false
            } else {
                remove(at: hand)
                evictions += 1
                return
            }
        }
    }

    private mutating func remove(at place: Int) {
        guard let entry = slots[place] else { return }
        places[entry.profile.user] = nil
        slots[place] = nil
        free.append(place)
        bytes -= entry.bytes
    }
}
