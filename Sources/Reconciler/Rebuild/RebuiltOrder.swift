import Orders

/// What both stores say of one order, and where that leaves it.
struct RebuiltOrder: Equatable, Sendable {
    /// In full, from its claim or from a record.
    var order: Order

    // Redis

    /// Its coupon is bound to it.
    var isClaimed = false
    var state = OrderState.none
    /// Attempts made, of an open order.
    var made: UInt16 = 0
    /// The first of two operators who must approve of it, as the held index names them.
    var firstApprover: [UInt8] = []

    // Kafka

    /// A record of it stands in `orders.<game>` or `retries.<game>`.
    var isRecorded = false
    /// A record of it stands in `.held`.
    var isInHeld = false
    /// The most attempts that a record of it tells of.
    var recordedAttempts: UInt16 = 0
    /// The same of records by which an operator sent it again; nil: there is none.
    var resentAttempts: UInt16?
    /// What its latest attempt came to, as far as outcomes tell.
    var outcome: Outcome?
    var outcomeAttempt: UInt16 = 0
    /// Some attempt granted.
    var isGranted = false
    /// Operators who approved of it, by `.control`; distinct.
    var approvers: [String] = []
    var isRefused = false

    init(_ order: Order) {
        self.order = order
    }

    /// Takes in an outcome; those of one order come in the order of their topic. An older attempt's late word
    /// says nothing new, except that it granted.
    mutating func take(_ outcome: Outcome, attempt: UInt16) {
        if outcome.state == .delivered { isGranted = true }
        guard self.outcome == nil || attempt >= outcomeAttempt else { return }
        self.outcome = outcome
        outcomeAttempt = attempt
    }

    /// Where it stands, and how many attempts were made.
    struct Standing: Equatable, Sendable {
        var state: OrderState
        var made: UInt16 = 0
    }

    /// Where the order stands by all that is known.
    ///
    /// Ends win, a grant before all others, since an end is written to Kafka before Redis hears of it, and
    /// Redis may have lost it again. What was sent and never heard of is unknown, not queued: whatever was
    /// in flight has had the time to settle before this is asked.
    /// - Parameter approvals: operators who must approve of it if it is held.
    func standing(approvals: Int) -> Standing {
        if isGranted || state == .delivered { return Standing(state: .delivered) }
        if state.isClosed { return Standing(state: state) }
        if let end = outcome?.state, end.isClosed, !isRedriven { return Standing(state: end) }
        let attempts = max(made, outcomeAttempt, recordedAttempts)
        if isRedriven, state == .none || state == .queued { return Standing(state: .queued, made: attempts) }
        let wasSent = attempts > 0 || [.inFlight, .unknown, .retrying, .parked].contains(state)
        // Two operators may have said two things: what stands in its game's topic was released.
        if isRefused && !wasSent && !isRecorded { return Standing(state: .voided) }
        if state == .parked || outcome == .parked {
            return Standing(state: .parked, made: max(attempts, 1))
        }
        if wasSent { return Standing(state: sent(attempts), made: max(attempts, 1)) }
        // Redis releases a held order only when it was approved of.
        let isReleased = approvers.count >= approvals || state == .outbox || state == .queued
        if (isInHeld || state == .held) && !isReleased { return Standing(state: .held) }
        // Once queued it is Kafka that has lost it; else Kafka never had it.
        return Standing(state: isRecorded || state == .queued ? .queued : .outbox)
    }

    /// Rejected or expired once, and an operator has sent it again since: the outcome is not the end. Another
    /// attempt tells so, or a record that knows of all attempts up to that end. An expiry in the outcomes
    /// that Redis knows nothing of is taken for the end: its record may be the older one.
    private var isRedriven: Bool {
        guard let end = outcome?.state, end == .rejected || end == .expired else { return false }
        if state.isOpen, made > outcomeAttempt { return true }
        guard let resentAttempts, resentAttempts >= outcomeAttempt else { return false }
        return state.isOpen || state == .none && end == .rejected
    }

    private func sent(_ attempts: UInt16) -> OrderState {
        if let outcome, outcomeAttempt == attempts { return outcome.state }
        if state == .retrying && made == attempts { return .retrying }
        return .unknown
    }

    /// Which of two orders of one coupon stays: what was delivered, else what was sent, else what may yet be.
    func rank(_ state: OrderState, made: UInt16) -> Int {
        switch state {
        case .delivered: 3
        case .voided: 0
        case .rejected, .parked, .unknown, .retrying, .inFlight: 2
        case .none, .outbox, .held, .queued, .expired: made > 0 ? 2 : 1
        }
    }
}
