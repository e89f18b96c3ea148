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
/// | `resend` | `"plan":"checksum","orders":12,"phase":"…","by":"…","reason":"…"`, see ``ResendPhase`` |
/// | `stock` | `"act":"…","gift":"id","add":100,"units":0,"by":"…","reason":"…"` |
/// | `approval` | `"order":"0000…","verdict":"approved"\|"refused","by":"…","reason":"…"` |
/// | `settle` | `"batch":"…","gift":"id","phase":"begun"\|"done","by":"…","reason":"…"` |
/// | `limit` | `"perSecond":9.5,"burst":5,"by":"…","reason":"…"`, maybe `"game":"id"`, `"maxConcurrency":4` |
/// | `gate` | `"game":"id","paused":true,"by":"…","reason":"…"` |
/// | `redrive` | `"batch":"…","orders":12,"phase":"begun"\|"done","by":"…","reason":"…"` |
/// | `parked` | `"order":"0000…","granted":true,"by":"…","reason":"…"` |
/// | `run` | `"run":"1-17","by":"…","reason":"…"` |
package enum ControlRecord: Sendable, Equatable {
    /// A lane was given out. Written before the lane numbers its first order, so that a wiped Redis finds the
    /// highest lane again.
    case lane(lane: UInt32, owner: UInt64, epoch: UInt16? = nil, atMs: Int64)
    /// An epoch is about to be opened. Written before anything is accepted in it.
    case epoch(epoch: UInt16, cause: String, by: String, atMs: Int64)
    /// What was done with a resend plan.
    case resend(plan: String, orders: Int, phase: ResendPhase, by: String, reason: String, atMs: Int64)
    /// Stock is about to be added to a gift pack, and units to its amounts; once for each `act`.
    case stock(act: String, gift: String, add: Int, units: Int, by: String, reason: String, atMs: Int64)
    /// An operator's word on a held order. Where two are needed each has a line.
    case approval(order: OrderID, verdict: Verdict, by: String, reason: String, atMs: Int64)
    /// The coupons left unspent are about to be settled with a gift pack, or were.
    case settle(batch: String, gift: String, phase: Phase, by: String, reason: String, atMs: Int64)
    /// What a game bears from now on, or (nil) all games together. Without a concurrency the catalog's holds.
    /// Where several stand for one game the one that ``isAfter(_:)`` all others is in force.
    case limit(
        game: String?, perSecond: Double, burst: Int, maxConcurrency: Int?, by: String, reason: String,
        atMs: Int64)
    /// Nothing more is sent to a game, or it is again. Overtaken like a limit.
    case gate(game: String, isPaused: Bool, by: String, reason: String, atMs: Int64)
    /// Dead letters are about to be sent again, or were.
    case redrive(batch: String, orders: Int, phase: Phase, by: String, reason: String, atMs: Int64)
    /// An operator's word on a parked order: its game granted it, or did not.
    case parked(order: OrderID, granted: Bool, by: String, reason: String, atMs: Int64)

    /// An operator has a reconciliation made.
    case run(run: String, by: String, reason: String, atMs: Int64)

    package enum Phase: String, Sendable {
        case begun, done
    }

    /// What is done with a resend plan, in the order of a plan's life.
    package enum ResendPhase: String, CaseIterable, Sendable {
        /// Somebody has looked at it and agrees; counts where two people are needed.
        case approved
        /// It is about to be applied.
        case begun
        /// Whoever applies it now is to stop.
        case stop
        /// It was stopped before its end; `orders` of it were sent.
        case stopped
        /// It was applied to its end; `orders` of it were sent.
        case done
    }

    package enum Verdict: String, Sendable {
        case approved, refused
    }

    /// When it was written, by its writer's clock.
    package var atMs: Int64 {
        switch self {
        case .lane(_, _, _, let at), .epoch(_, _, _, let at), .resend(_, _, _, _, _, let at),
            .stock(_, _, _, _, _, _, let at), .approval(_, _, _, _, let at), .settle(_, _, _, _, _, let at),
            .limit(_, _, _, _, _, _, let at), .gate(_, _, _, _, let at), .redrive(_, _, _, _, _, let at),
            .parked(_, _, _, _, let at), .run(_, _, _, let at):
            at
        }
    }
}
