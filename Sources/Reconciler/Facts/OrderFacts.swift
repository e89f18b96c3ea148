import Orders

/// Everything that the sources say of one order.
struct OrderFacts: Equatable, Sendable {
    /// The order in full, from its claim or from a record; nil: nobody says that it is due.
    var order: Order?
    var game: UInt8 = 0
    /// Its claim stands in Redis.
    var isClaimed = false
    /// Stood in the outbox after the claims had been read.
    var isInOutbox = false
    /// Stands in `.held`.
    var isHeld = false
    /// Stands in an orders or retries topic, wherever.
    var isRecorded = false
    /// Stands in the orders topic at or after the offset that its deliverers had committed.
    var isLiveInOrders = false
    /// The same in the retries topic.
    var isLiveInRetries = false
    /// The most attempts that a record knows of by which an operator sent it again; nil: there is none.
    var resentAttempts: UInt16?
    /// Some attempt granted.
    var isGranted = false
    /// What the latest attempt, as far as known, came to, and which one that was.
    var outcome: Outcome?
    var attempt: UInt16 = 0
    /// When that was, or the first grant, Unix milliseconds; 0: nobody says.
    var outcomeAtMs: Int64 = 0
    /// The state in Redis, read after the topics.
    var state = OrderState.none
    /// In flight in Redis, and the attempt's deadline has passed: its owner is gone.
    var hasLapsed = false

    /// A record will bring it to a deliverer.
    var isLive: Bool { isLiveInOrders || isLiveInRetries }

    /// Takes in an outcome. Within a partition outcomes come in their order; an older attempt's late word
    /// says nothing new, except that it granted, which is a fact whenever it is told.
    ///
    /// - Parameter atMs: Unix milliseconds; 0 where nobody says.
    mutating func take(_ outcome: Outcome, attempt: UInt16, atMs: Int64 = 0) {
        if outcome.state == .delivered, !isGranted {
            isGranted = true
            outcomeAtMs = atMs
        }
        guard self.outcome == nil || attempt >= self.attempt else { return }
        self.outcome = outcome
        self.attempt = attempt
        if !isGranted { outcomeAtMs = max(outcomeAtMs, atMs) }
    }

    /// Rejected or expired, and sent again since by an operator: the state goes on from there.
    var isRedriven: Bool { state.isOpen && (resentAttempts.map { $0 >= attempt } ?? false) }

    /// Its number was given out and its state tells that it was accepted, and no source has the order itself.
    var isNameless: Bool { order == nil && state != .none }
    /// It counts among the orders.
    var isDue: Bool { order != nil || isNameless }

    /// How the order ended, if it did. A grant wins over everything; a state may be ahead of the outcomes
    /// read, and an outcome ahead of the state.
    private var end: OrderClass? {
        if isGranted || state == .delivered { return .delivered }
        let ends = [isRedriven ? nil : outcome?.state, state].compactMap { $0 }.filter(\.isClosed)
        switch ends.first {
        case .rejected: return .rejected
        case .expired: return .expired
        case .voided: return .voided
        default: return nil
        }
    }

    /// The class of an order that is due, by facts read in the direction of travel: claims, outbox, held, the
    /// committed offsets, orders, retries, outcomes, dead, and the states last.
    ///
    /// What the deliverer has passed in a topic has its outcome, or its next record, in Kafka before the
    /// offset moves; hence an open order that no record brings back is on its way only while an attempt of it
    /// lives.
    func orderClass(isTooYoung: Bool) -> OrderClass {
        if let end { return end }
        // The outcome is written before the state, which may lag behind it.
        if state == .parked || outcome == .parked && (state == .none || state == .unknown) { return .parked }
        let open = state == .none ? outcome?.state ?? .none : state
        if isLive {
            switch open {
            case .held: return .held
            case .inFlight: return .inFlight
            case .retrying: return .retrying
            case .unknown: return .unknown
            default: return isLiveInOrders ? .queued : .retrying
            }
        }
        if open == .held || isHeld && open == .none { return .held }
        if isInOutbox { return .outbox }
        if state == .inFlight && !hasLapsed { return .inFlight }
        return isTooYoung ? .tooYoung : .missing
    }

    /// Where the trail ends, for one that is missing.
    var missingReason: MissingReason {
        if isNameless { return .nameless }
        return switch state == .none ? outcome?.state ?? .none : state {
        case .inFlight: .attemptLost
        case .unknown: .unknownLost
        case .retrying: .retryLost
        default: isRecorded ? .passedOver : .neverQueued
        }
    }

    /// Something came out for it that nobody put in.
    var isUnexpected: Bool { !isDue && outcome != nil }

    /// It may have been tried without anybody knowing: the state that would tell is gone. Whoever sends it
    /// again must have its game asked first.
    var mayHaveBeenTried: Bool { state == .none }
}
