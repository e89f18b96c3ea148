/// How a configured burst B is divided, so that the law holds at the receiver and not only at the sender.
///
/// What arrives in one second is at most: what was permitted in it (rate + gcraBurst), plus what was sent
/// before and had not been read (live requests and ghosts: `slots`), plus what starts on a clock reading
/// taken before the second began (`startsPerReading`). Hence
///
///     gcraBurst + slots + startsPerReading ≤ B.
///
/// The division: `gcraBurst` gets 10 ms worth of the rate (a caller may come that late and lose nothing)
/// but no more than a quarter of B; where a quarter is less than 3 ms worth, up to half of B for those
/// 3 ms. The rest is concurrency, capped by the game's own `maxConcurrency`; what that cap leaves over
/// may go back into the 10 ms. A rate r needs r · latency slots, so a B that is too small shows as a rate
/// not reached, never as a limit exceeded.
///
/// B ≥ 3 has room for one of each. Below that the missing permits are taken off the rate instead
/// (`shortfall` a second), which keeps rate + burst true.
package struct BurstSplit: Sendable, Equatable {
    package let limit: PacingLimit
    package let gcraBurst: Int
    /// The concurrency cap, live requests and ghosts together; at least 1.
    package let slots: Int
    package let startsPerReading: Int
    /// By how much the three parts exceed B when B is too small to hold one of each.
    package let shortfall: Int

    /// `maxConcurrency` and `startsPerReading` are at least 1.
    package init(_ limit: PacingLimit, maxConcurrency: Int, startsPerReading: Int = 1) {
        precondition(maxConcurrency >= 1 && startsPerReading >= 1)
        let free = max(2, limit.burst - startsPerReading)
        let wish = 1 + Int((limit.perSecond * 0.010).rounded(.up))
        let need = 1 + Int((limit.perSecond * 0.003).rounded(.up))
        let unused = free - min(maxConcurrency, free)
        let most = max(free / 4, min(need, free / 2), unused, 1)
        let tolerance = min(wish, most, free - 1)
        self.limit = limit
        gcraBurst = tolerance
        slots = min(maxConcurrency, free - tolerance)
        self.startsPerReading = startsPerReading
        shortfall = max(0, tolerance + slots + startsPerReading - limit.burst)
    }

    /// Parts that were computed elsewhere, nothing missing.
    init(_ limit: PacingLimit, gcraBurst: Int, slots: Int, startsPerReading: Int) {
        self.limit = limit
        self.gcraBurst = gcraBurst
        self.slots = slots
        self.startsPerReading = startsPerReading
        shortfall = 0
    }

    private init(_ split: BurstSplit, slots: Int) {
        limit = split.limit
        gcraBurst = split.gcraBurst
        self.slots = slots
        startsPerReading = split.startsPerReading
        shortfall = split.shortfall
    }

    /// The same with at most that many slots, and never none.
    package func capped(slots: Int) -> BurstSplit {
        BurstSplit(self, slots: max(1, min(slots, self.slots)))
    }

    /// The rate while `extra` requests more than `slots` may be unread: each takes one a second off, since
    /// (rate − extra) + gcraBurst + slots + extra is the same sum. It never falls below one a second (or
    /// the rate itself): a probe has to get through, or nobody would learn that the game works again.
    package func perSecond(extra: Int) -> Double {
        max(limit.perSecond - Double(extra + shortfall), min(limit.perSecond, 1))
    }
}
