/// How much of a resource a process uses, and whether its share holds it back: what `ShareNeed` is made of.
///
/// Use is looked at over the last second, so that a pause of a moment gives nothing away; being held back
/// counts at once.
struct DemandMeter: Sendable {
    private struct Tick: Sendable {
        var lengthNs: UInt64
        var started: Int
        var peak: Int
    }

    private static let ticks = 5

    private var past: [Tick] = []
    private var sinceNs: UInt64
    private var started = 0
    private var peak = 0
    /// Set when something waited for the rate, or for a slot.
    var isRateBound = false
    var isSlotBound = false

    init(nowNs: UInt64) { sinceNs = nowNs }

    mutating func noteStart(live: Int) {
        started += 1
        peak = max(peak, live)
    }

    /// Ends a tick. `perSecond` is the rate in force, `limit` the whole limit's.
    mutating func need(
        nowNs: UInt64, owned: LimitShare, perSecond: Double, limit: Double, live: Int,
        hasSlots: Bool = true
    ) -> ShareNeed {
        let lengthNs = max(1, nowNs &- sinceNs)
        let seconds = Double(lengthNs) / 1e9
        // Somebody waits now and then at any load; who is held back also uses what there is.
        let isHungry = isRateBound && Double(started + 1) >= 0.85 * perSecond * seconds
        past.append(Tick(lengthNs: lengthNs, started: started, peak: max(peak, live)))
        if past.count > Self.ticks { past.removeFirst() }
        let wantsSlots = isSlotBound
        (sinceNs, started, peak, isRateBound, isSlotBound) = (nowNs, 0, live, false, false)

        let count = past.reduce(0) { $0 + $1.started }
        let highest = past.reduce(0) { max($0, $1.peak) }
        let isIdle = count == 0 && highest == 0
        let reserve = owned.rate / 20
        var need = ShareNeed(rate: LimitShare.whole, slots: Self.slots(peak: highest, owned), slotsLive: live)
        if wantsSlots { need.slots = PacingLimit.maxBurst }
        if isHungry {
            // Without a slot a rate is of no use; others may use it until there is one.
            if !hasSlots { need.rate = 0 }
            return need
        }
        // A reserve that could not start one request a second is of no use: all is lent, and asked back.
        if isIdle, Double(reserve) / Double(LimitShare.whole) * limit < 1 || owned.ownSlots < Self.fewSlots {
            return ShareNeed(rate: 0, slots: 0, slotsLive: live)
        }
        let used = Double(count) * 1e9 / Double(past.reduce(0) { $0 + $1.lengthNs })
        need.rate = min(LimitShare.whole, Int(used * 1.25 / limit * Double(LimitShare.whole)) + reserve)
        return need
    }

    /// A share of fewer is lent whole while nothing uses it: others of a small limit may have none.
    private static let fewSlots = 6

    /// A quarter more than the most in use, and a reserve.
    private static func slots(peak: Int, _ owned: LimitShare) -> Int {
        max(1, peak + peak / 4) + max(2, owned.ownSlots / 20)
    }
}
