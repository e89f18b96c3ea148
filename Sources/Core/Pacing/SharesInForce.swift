/// What a `DeliveryPacer` needs to run on shares of its limits.
package struct SharesSetup: Sendable {
    /// A random number that no other process has, or had in the last minutes.
    package let instance: UInt64
    /// The same in every process; one entry a game of the pacer.
    package let shape: LimitShape

    package init(instance: UInt64, shape: LimitShape) {
        self.instance = instance
        self.shape = shape
    }
}

/// Shares as a pacer has put them into force.
struct SharesInForce: Sendable {
    var limits: LimitShares
    /// When they change by time alone.
    var dueNs = UInt64.max
    /// By resource, the total last. A share of none is barred.
    var applied: [LimitShare]
    var meters: [DemandMeter]
    /// The limits' own divisions.
    private(set) var whole: DeliveryPacer.Splits
    /// Games without a share, a bit each.
    private var barred = UInt64.max

    init(_ setup: SharesSetup, splits: DeliveryPacer.Splits, total: PacingLimit, nowNs: UInt64) {
        precondition(setup.shape.games.count == splits.games.count, "a shape of other games")
        limits = LimitShares(
            instance: setup.instance, shape: setup.shape, pools: Self.pools(splits, total: total))
        applied = Array(repeating: .none, count: setup.shape.resources)
        meters = Array(repeating: DemandMeter(nowNs: nowNs), count: setup.shape.resources)
        whole = splits
    }

    func isBarred(_ slot: Int) -> Bool { barred & (1 << UInt64(slot)) != 0 }

    mutating func setBarred(_ slot: Int, _ isBarred: Bool) {
        let bit: UInt64 = 1 << UInt64(slot)
        barred = isBarred ? barred | bit : barred & ~bit
    }

    mutating func limitsChanged(_ splits: DeliveryPacer.Splits, total: PacingLimit) {
        whole = splits
        limits.poolsChanged(Self.pools(splits, total: total))
    }

    /// What the bursts are made of. The slots of all games together are the total's: the total's own rest
    /// is room for its GCRA.
    private static func pools(_ splits: DeliveryPacer.Splits, total: PacingLimit) -> [LimitPool] {
        var pools = splits.games.map {
            LimitPool(
                slots: $0.slots, gcraBurst: $0.gcraBurst, rest: $0.limit.burst - $0.slots - $0.gcraBurst)
        }
        let perReading = splits.total.startsPerReading
        let room = total.burst - splits.games.reduce(0) { $0 + $1.slots } - perReading
        pools.append(LimitPool(slots: max(0, room), gcraBurst: 0, rest: perReading + min(0, room)))
        return pools
    }
}
