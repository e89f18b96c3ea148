/// What became of orders, as a closing statement tells it. Raw values stand in JSON and CSV.
///
/// Every class of a reconciliation goes into exactly one column, so that the columns of a line add up to what
/// was claimed.
enum ClosingColumn: String, CaseIterable, Sendable {
    case delivered, rejected, expired, voided, held, parked, unresolved, missing

    init(_ place: OrderClass) {
        switch place {
        case .delivered: self = .delivered
        case .rejected: self = .rejected
        case .expired: self = .expired
        case .voided: self = .voided
        case .held: self = .held
        case .parked: self = .parked
        case .outbox, .queued, .retrying, .inFlight, .unknown, .tooYoung: self = .unresolved
        case .missing: self = .missing
        }
    }

    /// The order came to an end; nothing more is done about it by itself.
    var isEnd: Bool {
        switch self {
        case .delivered, .rejected, .expired, .voided: true
        case .held, .parked, .unresolved, .missing: false
        }
    }

    /// Its place among all cases.
    var index: Int {
        switch self {
        case .delivered: 0
        case .rejected: 1
        case .expired: 2
        case .voided: 3
        case .held: 4
        case .parked: 5
        case .unresolved: 6
        case .missing: 7
        }
    }

    var name: (en: String, zh: String) {
        switch self {
        case .delivered: ("delivered", "已送达")
        case .rejected: ("rejected", "被拒绝")
        case .expired: ("expired", "已过期")
        case .voided: ("voided", "已作废")
        case .held: ("held", "待审批")
        case .parked: ("parked", "待人工")
        case .unresolved: ("on its way", "在途")
        case .missing: ("missing", "丢失")
        }
    }
}
