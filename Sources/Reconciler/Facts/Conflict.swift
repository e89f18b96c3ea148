import Orders

/// Who tells of an order. Raw values stand in reports.
enum FactSource: String, CaseIterable, Sendable {
    /// Redis: the coupon's claim.
    case claims
    /// Kafka: a record in `.held`, orders or retries.
    case records
    /// Kafka: outcomes and dead letters.
    case outcomes
    /// Redis: the order's four bits.
    case states
    /// A game's own statement.
    case statement
}

/// What two sources that disagree about one order each say.
struct Conflict: Equatable, Sendable {
    /// Raw values stand in reports.
    enum Kind: String, CaseIterable, Sendable {
        /// One ID stands for two orders: of another coupon, person, gift, place or amount.
        case identity
        /// Kafka tells how it ended, and Redis has no state of it.
        case stateLost = "state_lost"
        /// Kafka tells how it ended, and Redis of another end or of none.
        case endsDiffer = "ends_differ"
        /// Redis tells how it ended, and Kafka does not.
        case outcomeLost = "outcome_lost"
        /// Its game's statement says that it was granted; here it was not delivered.
        case grantedThere = "granted_there"
        /// It was delivered here; its game's statement does not know it.
        case notGrantedThere = "not_granted_there"
        /// The statement of a game that it does not belong to says that it was granted.
        case grantedElsewhere = "granted_elsewhere"
    }

    struct Word: Equatable, Sendable {
        let source: FactSource
        let says: String
    }

    let id: OrderID
    let game: UInt8
    let kind: Kind
    /// One for each of the two sides.
    let words: [Word]
}

extension OrderFacts {
    /// What Kafka's outcomes and Redis's state say, where that cannot both be.
    ///
    /// An outcome is written before its state, so that a state may lag behind: an outcome that came after
    /// `settledMs` says nothing against it. A state that is ahead of the outcomes read must be looked at once
    /// more before this is asked, with what came meanwhile.
    ///
    /// - Parameter settledMs: Unix milliseconds.
    func dispute(settledMs: Int64) -> (kind: Conflict.Kind, words: [Conflict.Word])? {
        guard order != nil else { return nil }
        let told = isGranted ? OrderState.delivered : outcome?.state ?? .none
        if !told.isClosed && !state.isClosed { return nil }
        let word = Conflict.Word(source: .states, says: state.name)
        if told.isClosed {
            guard told != state, isGranted || !isRedriven, outcomeAtMs <= settledMs else { return nil }
            let said = isGranted ? Outcome.granted : outcome ?? .granted
            let other = Conflict.Word(source: .outcomes, says: "\(said.rawValue) by attempt \(attempt)")
            return (state == .none ? .stateLost : .endsDiffer, [other, word])
        }
        switch state {
        case .delivered, .rejected: break
        // Of what was held an operator's word in the control topic may be all that tells of an end.
        case .expired: if isHeld { return nil }
        default: return nil
        }
        let said = outcome.map { "\($0.rawValue) by attempt \(attempt)" } ?? "nothing"
        return (.outcomeLost, [Conflict.Word(source: .outcomes, says: said), word])
    }
}

extension Order {
    /// Whether two copies tell of the same claim: what may differ between them is how far it has come.
    func isSameClaim(as other: Order) -> Bool {
        coupon == other.coupon && user == other.user && gift == other.gift && region == other.region
            && role == other.role && amount == other.amount
    }

    /// Whose it is and what it gives, for people.
    var claimText: String {
        "coupon \(coupon) of user \(user), gift \(gift), region \(region), role \(role), amount \(amount)"
    }
}
