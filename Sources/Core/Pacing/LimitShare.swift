/// What of a limit's burst is divided: B = `gcraBurst` + `slots` + `rest`.
struct LimitPool: Sendable, Equatable {
    /// Concurrency; of the total: room for its GCRA. It can be lent.
    var slots: Int
    var gcraBurst: Int
    /// Pays for the starts of a clock reading; below 0 where the burst is too small for one of each.
    var rest: Int
}

/// One process's share of one limit at one moment.
package struct LimitShare: Sendable, Equatable {
    /// What `rate` is counted in: the whole limit is so many. A changed limit so changes every share at once.
    package static let whole = 1_000_000_000

    /// Billionths of the limit's rate, own and borrowed.
    package var rate = 0
    package var ownSlots = 0
    package var borrowedSlots = 0
    var gcraBurst = 0
    var rest = 0
    /// All of the rate and all slots are here, so that nobody else can start anything: then the limit's own
    /// division holds.
    var isWhole = false
    /// Which assignment it comes from: slots of another one may still be in a predecessor's use.
    var assignment: UInt32 = 0

    package static let none = LimitShare()

    package var slots: Int { ownSlots + borrowedSlots }

    /// Requests a second.
    package func perSecond(of limit: PacingLimit) -> Double {
        isWhole ? limit.perSecond : limit.perSecond * Double(rate) / Double(Self.whole)
    }
}

extension BurstSplit {
    /// A share of a game's limit; nil where it is too small for a single request.
    ///
    /// What the share's units (`gcraBurst` + slots + `rest`) pay for is divided anew: a process that runs on
    /// borrowed rate needs a GCRA burst of 10 ms of that rate, and each process a start a clock reading of
    /// its own. One slot at least must be there in fact: a concurrency cap is never exceeded. What is then
    /// still missing is taken off the rate. Summed over all processes gcraBurst + slots + startsPerReading
    /// so stay within the limit's burst. `gcraBurst` grows only as `GCRA.setRate` has it, used up.
    init?(_ share: LimitShare, of limit: PacingLimit, whole: BurstSplit) {
        if share.isWhole {
            self = whole
            return
        }
        guard share.slots >= 1 else { return nil }
        let rate = share.perSecond(of: limit)
        let wish = 1 + Int((rate * 0.010).rounded(.up))
        let free = share.gcraBurst + share.slots - max(0, whole.startsPerReading - share.rest)
        let tolerance = max(1, min(wish, max(share.gcraBurst, free / 4), free - 1))
        let slots = max(1, min(share.slots, free - tolerance))
        self.init(
            limit, perSecond: rate - Double(max(0, tolerance + slots - free)), gcraBurst: tolerance,
            slots: slots, startsPerReading: whole.startsPerReading)
    }

    /// A share of the total; its units are room for the GCRA, up to what it has when whole. `gameSlots`: all
    /// games' together, which are paid for already.
    init?(total share: LimitShare, of limit: PacingLimit, whole: BurstSplit, gameSlots: Int) {
        if share.isWhole {
            self = whole
            return
        }
        let free = share.slots - max(0, whole.startsPerReading - share.rest)
        let tolerance = max(1, min(free, whole.gcraBurst))
        self.init(
            limit, perSecond: share.perSecond(of: limit) - Double(max(0, tolerance - free)),
            gcraBurst: tolerance, slots: gameSlots + max(0, free - tolerance),
            startsPerReading: whole.startsPerReading)
    }

    private init?(
        _ limit: PacingLimit, perSecond: Double, gcraBurst: Int, slots: Int, startsPerReading: Int
    ) {
        guard perSecond >= PacingLimit.minPerSecond,
            let reduced = try? PacingLimit(perSecond: perSecond, burst: limit.burst)
        else { return nil }
        self.init(reduced, gcraBurst: gcraBurst, slots: slots, startsPerReading: startsPerReading)
    }
}
