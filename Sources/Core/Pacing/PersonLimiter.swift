/// A quota of requests a person, as an operator configures it and `RateLimit-Policy` says it.
package struct PersonLimit: Sendable, Equatable {
    package static let maxQuota = 1_000_000
    /// A day.
    package static let maxWindowS = 86_400

    /// Requests a window, and at once for a person who has been away.
    package let quota: Int
    package let windowS: Int

    /// Throws `PacingFault` for a quota or window outside 1 to the maxima above.
    package init(quota: Int, windowS: Int) throws(PacingFault) {
        guard (1...Self.maxQuota).contains(quota) else { throw .burstOutOfRange(quota) }
        guard (1...Self.maxWindowS).contains(windowS) else {
            throw .rateOutOfRange(Double(quota) / Double(windowS))
        }
        self.quota = quota
        self.windowS = windowS
    }

    /// What one request costs: nanoseconds of the window, rounded up.
    var intervalNs: UInt64 {
        let windowNs = UInt64(windowS) * 1_000_000_000
        return (windowNs + UInt64(quota) - 1) / UInt64(quota)
    }
}

/// Limits each person's requests on one event loop: GCRA (see `GCRA`) with one theoretical arrival time a
/// person, in a table of fixed size. A value type; its loop owns it.
///
/// - It starts full, unlike the games' buckets: a person never seen may make `quota` requests at once, and
///   gets one back every window / quota. Any window hence holds at most 2 · quota of them.
/// - A person takes one slot of 16 bytes: the user, in full, and the time at which the quota is whole again.
///   From then on the slot is free: to have forgotten a person and to owe nothing are the same.
/// - A user can stand in ``ways`` slots. Where all of them hold others who still owe, the one who owes the
///   least is forgotten. So a table too small for those who are active at a time errs towards allowing,
///   by up to a quota for each one forgotten (``forgotten`` counts them), and never refuses a person for what
///   others did.
/// - The table is a loop's own: a person whose connections are on n loops gets up to n quotas.
///
/// Times are monotonic nanoseconds.
package struct PersonLimiter: ~Copyable {
    package enum Decision: Sendable, Equatable {
        /// `remaining` more may follow at once. `resetAfterS` is the time that they should last: spread over
        /// it they come no faster than quota / window, and where none remains the next one is allowed then.
        /// Whole seconds, rounded up, at least 1.
        case allowed(remaining: Int, resetAfterS: Int)
        /// Nothing was taken; a request after so many seconds, at least 1, is allowed if none comes before.
        case limited(retryAfterS: Int)
    }

    package static let ways = 8
    /// 256 MiB.
    package static let maxSlots = 1 << 24

    private struct Slot {
        var user: UInt64 = 0
        /// When the user owes nothing any more; free from then on.
        var wholeAtNs: UInt64 = 0
    }

    package let limit: PersonLimit
    /// People forgotten while they still owed.
    package private(set) var forgotten: UInt64 = 0

    private let intervalNs: UInt64
    private let capacityNs: UInt64
    private let seed: UInt64
    private let setMask: UInt64
    private var slots: [Slot]

    /// `slots` is a power of two from ``ways`` to ``maxSlots``, 16 bytes each, all taken now. `seed` keeps
    /// outsiders from choosing users that meet in one set: random bits.
    package init(limit: PersonLimit, slots: Int = 65_536, seed: UInt64) {
        precondition(
            (Self.ways...Self.maxSlots).contains(slots) && slots & (slots - 1) == 0,
            "slots must be a power of two in range")
        self.limit = limit
        intervalNs = limit.intervalNs
        capacityNs = limit.intervalNs * UInt64(limit.quota)
        self.seed = seed
        setMask = UInt64(slots / Self.ways - 1)
        self.slots = Array(repeating: Slot(), count: slots)
    }

    /// Takes one request of the user's quota, if it has one now.
    package mutating func take(user: UInt64, nowNs: UInt64) -> Decision {
        let index = slot(of: user, nowNs: nowNs)
        let isKnown = slots[index].user == user
        // Nanoseconds of the window that are spoken for.
        let owedNs = isKnown && slots[index].wholeAtNs > nowNs ? slots[index].wholeAtNs - nowNs : 0
        guard owedNs + intervalNs <= capacityNs else {
            return .limited(retryAfterS: Self.seconds(owedNs + intervalNs - capacityNs))
        }
        if !isKnown, slots[index].wholeAtNs > nowNs { forgotten += 1 }
        slots[index] = Slot(user: user, wholeAtNs: nowNs + owedNs + intervalNs)
        let leftNs = capacityNs - owedNs - intervalNs
        let remaining = leftNs / intervalNs
        let lastsNs = remaining > 0 ? remaining * intervalNs : intervalNs - leftNs
        return .allowed(remaining: Int(remaining), resetAfterS: Self.seconds(lastsNs))
    }

    /// The slot where the user owes something, else the one of the set that is free first.
    private func slot(of user: UInt64, nowNs: UInt64) -> Int {
        let first = Int(Self.mix(user ^ seed) & setMask) * Self.ways
        return slots.withUnsafeBufferPointer { slots in
            var earliest = first
            for index in first..<first + Self.ways {
                if slots[index].user == user, slots[index].wholeAtNs > nowNs { return index }
                if slots[index].wholeAtNs < slots[earliest].wholeAtNs { earliest = index }
            }
            return earliest
        }
    }

    private static func seconds(_ durationNs: UInt64) -> Int {
        Int((durationNs + 999_999_999) / 1_000_000_000)
    }

    /// Spreads users over the sets: the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
    private static func mix(_ word: UInt64) -> UInt64 {
        var z = word &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z &>> 31)
    }
}
