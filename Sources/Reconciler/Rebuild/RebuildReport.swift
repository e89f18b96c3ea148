import Orders
import Telemetry
import Wire

/// What a rebuild found and wrote.
struct RebuildReport: Sendable {
    enum What: String, Sendable {
        case redis, kafka
    }

    /// What was rebuilt.
    let what: What
    /// Under which it is open now.
    let epoch: UInt16
    let orders: Int
    let states: [OrderState: Int]
    /// Coupons bound anew.
    let bound: Int
    /// Orders that lost their coupon to another one.
    let losers: Int
    /// Records written to Kafka, the epoch's own left out.
    let appended: Int
    /// Claims and records that the catalog does not know.
    let foreign: Int
    /// Records that Kafka had dropped before they could be read.
    let holes: Int
    let durationMs: Int64

    init(_ what: What, epoch: UInt16, _ plan: RebuildPlan, sinceNs: UInt64) {
        self.what = what
        self.epoch = epoch
        orders = plan.orders
        states = plan.counts
        bound = plan.unbound
        losers = plan.losers.count
        appended = plan.missingCount
        foreign = plan.foreign
        holes = plan.holes
        durationMs = Int64((SystemClock.nowNs - sinceNs) / 1_000_000)
    }

    /// `verb`: "was rebuilt", or "would be".
    func table(_ verb: String = "was rebuilt") -> String {
        var rows = [["orders", "\(orders)"]]
        for (state, count) in states.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            rows.append(["  \(state.name)", "\(count)"])
        }
        rows += [
            ["coupons bound anew", "\(bound)"], ["orders without their coupon", "\(losers)"],
            ["records written to kafka", "\(appended)"], ["unknown to the catalog", "\(foreign)"],
            ["records dropped by kafka", "\(holes)"],
        ]
        return Console.table(rows) + "\n\(what.rawValue) \(verb), epoch \(epoch), in \(durationMs) ms"
    }
}
