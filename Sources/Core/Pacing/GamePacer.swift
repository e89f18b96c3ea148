/// One game's pace: its rate, its concurrency, and its moods.
///
/// A request may start when all of these agree: not paused; no `Retry-After` running; a slot free (live
/// requests and ghosts together at most `slots`, yet one live request is always possible, so that a game
/// that hung can be found alive again); the circuit breaker; the GCRA.
///
/// At the receiver any one second holds at most limit + burst; `BurstSplit` says why. Requests unread
/// beyond `slots` (probes of a hung game, or a limit lowered under way) are paid for by the rate.
/// A new pacer takes all its slots for ghosts of a predecessor that may have died with them unread: the
/// first second after the game's first answer runs one request at a time. (Each further restart within the
/// same hang adds one probe that nobody remembers.)
///
/// A pure value: events and monotonic nanoseconds in, decisions out. Usually one of many in a
/// `DeliveryPacer`, which also sees that no clock reading is used too often.
package struct GamePacer: Sendable {
    /// How long a game is left alone that answers 429 without saying how long.
    package static let throttleHoldNs: UInt64 = 1_000_000_000

    /// Whether a request may start.
    package enum Readiness: Sendable, Equatable {
        case now
        /// At that time, if nothing else happens.
        case from(UInt64)
        /// Only an event can change it.
        case onEvent
    }

    package let game: UInt8
    package private(set) var split: BurstSplit
    package private(set) var live = 0
    package private(set) var holdUntilNs: UInt64 = 0
    package var isPaused = false
    private var ghostSlots: GhostSlots
    private var breaker: CircuitBreaker
    private var rate: GCRA

    /// - Parameter inheritsGhosts: false only where no predecessor can have sent anything.
    package init(
        game: UInt8, split: BurstSplit, breaker: CircuitBreaker.Policy = .init(), inheritsGhosts: Bool = true,
        nowNs: UInt64
    ) {
        self.game = game
        self.split = split
        self.breaker = CircuitBreaker(policy: breaker)
        ghostSlots = GhostSlots(inherited: inheritsGhosts ? split.slots : 0, nowNs: nowNs)
        rate = GCRA(perSecond: split.perSecond(extra: 0), burst: split.gcraBurst, nowNs: nowNs)
    }

    package var ghosts: Int { ghostSlots.count }
    package var breakerState: CircuitBreaker.State { breaker.state }
    /// Requests that the game may not have read yet, at most.
    package var outstanding: Int { live + ghosts }
    /// The rate in force, a second: the limit's, less what is outstanding beyond the slots.
    package var perSecond: Double { rate.perSecond }

    package mutating func readiness(nowNs: UInt64) -> Readiness {
        if ghostSlots.release(nowNs: nowNs) { refreshRate(nowNs: nowNs) }
        guard !isPaused else { return .onEvent }
        var earliest = max(holdUntilNs, rate.nextAtNs)
        if live >= max(1, split.slots - ghosts) {
            guard live < split.slots, let releaseNs = ghostSlots.nextReleaseNs else { return .onEvent }
            earliest = max(earliest, releaseNs)
        }
        switch breaker.admission(nowNs: nowNs) {
        case .allowed: break
        case .from(let untilNs): earliest = max(earliest, untilNs)
        case .blocked: return .onEvent
        }
        return earliest <= nowNs ? .now : .from(earliest)
    }

    /// Starts one request; traps unless `readiness` at the same time said `now`.
    package mutating func start(nowNs: UInt64) -> Permit {
        let taken = rate.take(nowNs: nowNs)
        precondition(taken, "started without a permit")
        live += 1
        refreshRate(nowNs: nowNs)
        return Permit(game: game, generation: breaker.started(), startedNs: nowNs)
    }

    /// One request ended; once for each permit.
    package mutating func finished(_ permit: Permit, _ kind: FinishKind, nowNs: UInt64) {
        precondition(live > 0, "finished more often than started")
        live -= 1
        let verdict: CircuitBreaker.Verdict
        switch kind {
        case .succeeded: verdict = .success
        case .failed: verdict = .failure
        case .throttled(let retryAfterNs):
            verdict = .alive
            let (untilNs, overflowed) = nowNs.addingReportingOverflow(retryAfterNs ?? Self.throttleHoldNs)
            holdUntilNs = max(holdUntilNs, overflowed ? .max : untilNs)
        case .timedOut:
            verdict = .silence
            ghostSlots.add(nowNs: nowNs)
        case .lost, .neverLeft: verdict = .silence
        case .withdrawn: verdict = .none
        }
        if kind.isAnswer { ghostSlots.answered(startedNs: permit.startedNs, nowNs: nowNs) }
        breaker.finished(generation: permit.generation, verdict, nowNs: nowNs)
        _ = ghostSlots.release(nowNs: nowNs)
        refreshRate(nowNs: nowNs)
    }

    /// A new limit takes effect at once, on the backlog too.
    package mutating func limitChanged(_ split: BurstSplit, nowNs: UInt64) {
        self.split = split
        refreshRate(nowNs: nowNs)
    }

    /// Ends a `Retry-After` hold early: an operator's act.
    package mutating func clearHold() { holdUntilNs = 0 }

    private mutating func refreshRate(nowNs: UInt64) {
        let extra = max(0, outstanding - split.slots)
        rate.setRate(perSecond: split.perSecond(extra: extra), burst: split.gcraBurst, nowNs: nowNs)
    }
}

extension FinishKind {
    /// Whether the game answered at all.
    var isAnswer: Bool {
        switch self {
        case .succeeded, .failed, .throttled: true
        case .timedOut, .lost, .neverLeft, .withdrawn: false
        }
    }
}
