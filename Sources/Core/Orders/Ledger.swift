/// The count of orders by class; every accepted order stands in exactly one.
package struct Ledger: Sendable, Equatable {
    /// The classes of promise 3, and the one that must stay empty.
    package enum Class: String, CaseIterable, Sendable {
        case delivered, rejected, expired, voided
        case held, outbox, queued, retrying
        case inFlight = "in_flight"
        case unknown, parked
        /// Due, and nowhere on its way.
        case missing
    }

    /// Distinct orders that were accepted.
    package var accepted: Int
    private var counts: [Class: Int] = [:]

    package init(accepted: Int = 0) {
        self.accepted = accepted
    }

    package subscript(_ c: Class) -> Int {
        get { counts[c, default: 0] }
        set { counts[c] = newValue }
    }

    /// Accepted, not ended, and known to be on its way or with a person.
    package var open: Int {
        [Class.held, .outbox, .queued, .retrying, .inFlight, .unknown, .parked].reduce(0) { $0 + self[$1] }
    }

    /// Ended as promised.
    package var closed: Int { self[.delivered] + self[.rejected] + self[.expired] + self[.voided] }

    /// Whether the equation holds: accepted = delivered + rejected + expired + voided + open, and none is
    /// missing.
    package var balances: Bool { self[.missing] == 0 && accepted == closed + open }

    /// Whether the classes at least add up, missing ones included; a reconciliation that fails this is void.
    package var addsUp: Bool { accepted == closed + open + self[.missing] }
}

extension OrderState {
    /// The ledger's class; nil for an order of which nothing is known.
    package var ledgerClass: Ledger.Class? {
        switch self {
        case .none: nil
        case .outbox: .outbox
        case .held: .held
        case .queued: .queued
        case .inFlight: .inFlight
        case .retrying: .retrying
        case .unknown: .unknown
        case .parked: .parked
        case .delivered: .delivered
        case .rejected: .rejected
        case .expired: .expired
        case .voided: .voided
        }
    }
}
