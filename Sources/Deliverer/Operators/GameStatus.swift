import Orders

/// What one Deliverer tells of one game: filled by the loop, read by operators. Units are in the names;
/// nil: not known here.
struct GameStatus: Sendable, Equatable {
    enum Breaker: String, Sendable, CaseIterable {
        case closed
        case halfOpen = "half_open"
        case open
    }

    struct Counts: Sendable, Equatable {
        var attempts = 0
        /// Attempts after the first.
        var repeats = 0
        var delivered = 0
        var rejected = 0
        var expired = 0
        var voided = 0
        var parked = 0
        var unknown = 0
        var asked = 0
    }

    var game: String
    /// The whole game's limit in force, and its burst.
    var limit = 0.0
    var burst = 0
    /// What of the limit this process may use now, lent and borrowed counted in, a second.
    var share = 0.0
    /// Attempts a second over the last seconds.
    var used = 0.0
    /// Orders that lie in this process's partitions and are not in its memory.
    var unread: Int?
    /// Of the oldest order in memory, since its claim.
    var oldestAgeMs: Int64?
    /// Read, and waiting for a permit.
    var ready = 0
    var inFlight = 0
    /// Sleeping in memory until their next attempt.
    var retrying = 0
    /// Records and states under way.
    var writing = 0
    /// Waiting in the retries topic.
    var shelved: Int?
    /// Requests that the game may not have read yet, of attempts that are over.
    var ghosts = 0
    var breaker = Breaker.closed
    /// What the governor allows in flight now, and the most that it may.
    var concurrency = 0
    var maxConcurrency = 0
    /// Of a `Retry-After`: ms that are left.
    var holdMs: Int64?
    var isPaused = false
    /// Who paused or resumed it last.
    var gate: OperatorActs.Act?
    var counts = Counts()
    /// From permit to answer.
    var p50Ms = 0.0
    var p99Ms = 0.0
    /// The newest first.
    var errors: [DeliveryError] = []

    init(game: String) { self.game = game }

    /// Orders that are still to be brought to the game, as far as this process knows.
    var backlog: Int { (unread ?? 0) + ready + retrying + inFlight + writing + (shelved ?? 0) }

    /// How long the backlog takes at the share in force; nil: nothing may be sent.
    var backlogSeconds: Double? { share > 0 ? Double(backlog) / share : nil }

    /// How long it takes at the rate of the last seconds, or, where nothing was sent in them, at the share;
    /// nil while nothing is sent: paused, broken off, or without a share.
    var drainSeconds: Double? {
        if backlog == 0 { return 0 }
        guard !isPaused, breaker != .open else { return nil }
        return used > 0 ? Double(backlog) / used : backlogSeconds
    }
}

/// What one Deliverer tells of itself.
struct DelivererStatusReport: Sendable, Equatable {
    /// 16 hex digits, new with every start.
    var owner: String
    /// Nothing is left to do here.
    var isIdle = true
    /// Whether deliveries may begin, or why they may not.
    var isOpen = true
    var why = ""
    /// Orders in memory.
    var open = 0
    /// Partitions assigned.
    var partitions = 0
    /// Of all games together, as ``GameStatus``'s.
    var totalLimit = 0.0
    var totalShare = 0.0
    var games: [GameStatus] = []

    init(owner: String) { self.owner = owner }
}
