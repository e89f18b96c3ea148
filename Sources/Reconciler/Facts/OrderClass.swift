/// The classes of a reconciliation: those of the ledger, and the orders that are too young to be judged.
/// Every order that is due falls into exactly one. Raw values stand in reports and metrics.
enum OrderClass: String, CaseIterable, Sendable {
    case delivered, rejected, expired, voided
    case held, outbox, queued, retrying
    case inFlight = "in_flight"
    case unknown, parked
    /// It would be missing, and was claimed so shortly before the cut that it may not have shown up yet.
    case tooYoung = "too_young"
    /// Due, not ended, and nowhere on its way.
    case missing

    /// The order came to an end; nothing more is done about it by itself.
    var isEnd: Bool { ClosingColumn(self).isEnd }

    /// Its place among all cases.
    var index: Int {
        switch self {
        case .delivered: 0
        case .rejected: 1
        case .expired: 2
        case .voided: 3
        case .held: 4
        case .outbox: 5
        case .queued: 6
        case .retrying: 7
        case .inFlight: 8
        case .unknown: 9
        case .parked: 10
        case .tooYoung: 11
        case .missing: 12
        }
    }
}

/// How many orders stand in each class.
struct ClassCounts: Equatable, Sendable {
    private var counts = [Int](repeating: 0, count: OrderClass.allCases.count)

    subscript(_ place: OrderClass) -> Int {
        get { counts[place.index] }
        set { counts[place.index] = newValue }
    }

    var total: Int { counts.reduce(0, +) }

    mutating func add(_ other: ClassCounts) {
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    /// Classes that hold any.
    var byClass: [OrderClass: Int] {
        OrderClass.allCases.reduce(into: [:]) { if self[$1] > 0 { $0[$1] = self[$1] } }
    }
}

/// Where the trail of a missing order ends. Raw values stand in plans.
enum MissingReason: String, CaseIterable, Sendable {
    /// Claimed, and no topic holds a record of it.
    case neverQueued = "never_queued"
    /// Its record stands behind the deliverer's mark, and nobody says what became of it.
    case passedOver = "passed_over"
    /// The last attempt is known not to have granted, and no record waits for the next.
    case retryLost = "retry_lost"
    /// An attempt was begun, its deadline has passed, and no record makes anybody look after it.
    case attemptLost = "attempt_lost"
    /// The last attempt's end is unknown, and no record makes anybody find out.
    case unknownLost = "unknown_lost"
    /// Its number was given out and its state tells that it was accepted; neither a claim nor a record tells
    /// what it was. Nothing can be sent.
    case nameless
}
