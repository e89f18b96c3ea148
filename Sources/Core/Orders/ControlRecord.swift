import Wire

/// One line of `<campaign>.control`: what must be known again after Redis was lost, and who did what, when
/// and why.
///
/// Every line is `{"v":1,"kind":"…",…,"at":ms}`; what stands between is the case's own:
///
/// | kind | fields |
/// | --- | --- |
/// | `lane` | `"lane":7,"owner":"16 hex"`, `"epoch":1` where it was known |
/// | `epoch` | `"epoch":2,"cause":"…","by":"…"` |
/// | `resend` | `"plan":"checksum","orders":12,"phase":"begun"\|"done","by":"…","reason":"…"` |
/// | `stock` | `"act":"…","gift":"id","add":100,"units":0,"by":"…","reason":"…"` |
/// | `approval` | `"order":"0000…","verdict":"approved"\|"refused","by":"…","reason":"…"` |
/// | `settle` | `"batch":"…","gift":"id","phase":"begun"\|"done","by":"…","reason":"…"` |
package enum ControlRecord: Sendable, Equatable {
    /// A lane was given out. Written before the lane numbers its first order, so that a wiped Redis finds the
    /// highest lane again.
    case lane(lane: UInt32, owner: UInt64, epoch: UInt16? = nil, atMs: Int64)
    /// An epoch is about to be opened. Written before anything is accepted in it.
    case epoch(epoch: UInt16, cause: String, by: String, atMs: Int64)
    /// A resend plan is about to be applied, or was.
    case resend(plan: String, orders: Int, phase: Phase, by: String, reason: String, atMs: Int64)
    /// Stock is about to be added to a gift pack, and units to its amounts; once for each `act`.
    case stock(act: String, gift: String, add: Int, units: Int, by: String, reason: String, atMs: Int64)
    /// An operator's word on a held order. Where two are needed each has a line.
    case approval(order: OrderID, verdict: Verdict, by: String, reason: String, atMs: Int64)
    /// The coupons left unspent are about to be settled with a gift pack, or were.
    case settle(batch: String, gift: String, phase: Phase, by: String, reason: String, atMs: Int64)

    package enum Phase: String, Sendable {
        case begun, done
    }

    package enum Verdict: String, Sendable {
        case approved, refused
    }

    /// When it was written, by its writer's clock.
    package var atMs: Int64 {
        switch self {
        case .lane(_, _, _, let at), .epoch(_, _, _, let at), .resend(_, _, _, _, _, let at),
            .stock(_, _, _, _, _, _, let at), .approval(_, _, _, _, let at), .settle(_, _, _, _, _, let at):
            at
        }
    }
}
