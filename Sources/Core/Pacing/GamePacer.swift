/// One game's pace: its rate, its concurrency, and its moods.
///
/// A request may start when all of these agree: not paused; no `Retry-After` running; a slot free (live
/// requests and ghosts together at most `slots`, yet one live request is always possible, so that a game
/// that hung can be found alive again); the governor, which makes live requests fewer while the game has
/// trouble; the circuit breaker; the GCRA, slowed by a ramp after an outage or a 429.
///
/// At the receiver any one second holds at most limit + burst; `BurstSplit` says why. Requests unread
/// beyond `slots` (probes of a hung game, or a limit lowered under way) are paid for by the rate.
/// A new pacer takes all its slots for ghosts of a predecessor that may have died with them unread, and as
/// many more as that one may have tried one by one before its breaker stayed open: the first second after
/// the game's first answer runs one request at a time. (A hang of minutes adds a probe now and then that
/// nobody remembers.)
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
    private var governor: ConcurrencyGovernor
    private var ramp = RateRamp()
    private var rate: GCRA
    /// Whether `rate` is the ramp's at present.
    private var isRamping = false
    /// When the game asked for a pause last.
    private var throttledNs: UInt64 = 0
    private var isHoldCleared = false

    /// - Parameter inheritsGhosts: false only where no predecessor can have sent anything.
    package init(
        game: UInt8, split: BurstSplit, breaker: CircuitBreaker.Policy = .init(), inheritsGhosts: Bool = true,
        nowNs: UInt64
    ) {
        self.game = game
        self.split = split
        self.breaker = CircuitBreaker(policy: breaker)
        governor = ConcurrencyGovernor(cap: split.slots)
        let probes = breaker.silencesToOpen + breaker.probes
        ghostSlots = GhostSlots(inherited: inheritsGhosts ? split.slots + probes : 0, nowNs: nowNs)
        rate = GCRA(perSecond: split.perSecond(extra: 0), burst: split.gcraBurst, nowNs: nowNs)
    }

    package var ghosts: Int { ghostSlots.count }
    package var breakerState: CircuitBreaker.State { breaker.state }
    /// Requests that the game may not have read yet, at most.
    package var outstanding: Int { live + ghosts }
    /// The rate in force, a second: the limit's, less what is outstanding beyond the slots, and the ramp's
    /// share of that.
    package var perSecond: Double { rate.perSecond }
    /// How long nobody may ask and no permit is lost.
    var sustainedPauseNs: UInt64 { rate.sustainedPauseNs }
    /// How many live requests the game may have now, 1 ... slots; less than the slots while it has trouble.
    package var concurrency: Int { governor.concurrency }
    /// The latency that counts as usual for the game, in nanoseconds; 0 while nothing is known.
    package var usualLatencyNs: UInt64 { governor.usualLatencyNs }
    /// The share of its rate that the game gets, in thousandths; less than 1,000 while it comes back.
    package func rampPermille(nowNs: UInt64) -> Int { ramp.permille(nowNs: nowNs) }

    package mutating func readiness(nowNs: UInt64) -> Readiness {
        if isHoldCleared {
            isHoldCleared = false
            ramp.resume(nowNs: nowNs)
        }
        if ghostSlots.release(nowNs: nowNs) || isRamping { refreshRate(nowNs: nowNs) }
        guard !isPaused else { return .onEvent }
        var earliest = max(holdUntilNs, min(rate.nextAtNs, ramp.nextStepNs(nowNs: nowNs) ?? .max))
        if live >= governor.concurrency { return .onEvent }
        if live >= max(1, split.slots - ghosts) {
            guard live < split.slots, let releaseNs = ghostSlots.nextReleaseNs else { return .onEvent }
            earliest = max(earliest, releaseNs)
        }
        switch breaker.admission(nowNs: nowNs) {
        case .allowed: break
        case .from(let untilNs): earliest = max(earliest, untilNs)
        case .blocked: return .onEvent
        }
        return earliest <= nowNs && rate.isReady(nowNs: nowNs) ? .now : .from(max(earliest, nowNs + 1))
    }

    /// Starts one request; traps unless `readiness` at the same time said `now`.
    package mutating func start(nowNs: UInt64) -> Permit {
        let taken = rate.take(nowNs: nowNs)
        precondition(taken, "started without a permit")
        live += 1
        governor.started(live: live)
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
            throttled(permit, untilNs: overflowed ? .max : untilNs, nowNs: nowNs)
        case .timedOut:
            verdict = .silence
            ghostSlots.add(nowNs: nowNs)
        case .lost, .neverLeft: verdict = .silence
        case .withdrawn: verdict = .none
        }
        if kind.isAnswer { ghostSlots.answered(startedNs: permit.startedNs, nowNs: nowNs) }
        let before = breaker.state
        breaker.finished(
            generation: permit.generation, verdict, isUnread: kind == .timedOut, nowNs: nowNs)
        if before == .halfOpen, breaker.state == .closed {
            governor.restart(at: max(breaker.probes, live), nowNs: nowNs)
            ramp.restart(atNs: max(nowNs, holdUntilNs))
        } else {
            govern(permit, kind, nowNs: nowNs)
        }
        _ = ghostSlots.release(nowNs: nowNs)
        refreshRate(nowNs: nowNs)
    }

    /// A new limit takes effect at once, on the backlog too.
    package mutating func limitChanged(_ split: BurstSplit, nowNs: UInt64) {
        self.split = split
        governor.capChanged(to: split.slots)
        refreshRate(nowNs: nowNs)
    }

    /// Ends a `Retry-After` hold early: an operator's act. The ramp begins at the next reading.
    package mutating func clearHold() {
        holdUntilNs = 0
        isHoldCleared = true
    }

    /// Begins again at a tenth of the rate: for a game that an operator resumes after trouble.
    package mutating func rampUp(nowNs: UInt64) {
        ramp.restart(atNs: nowNs)
        refreshRate(nowNs: nowNs)
    }
}

extension GamePacer {
    /// The game asked for a pause. What was under way when it did says it again and halves nothing more.
    private mutating func throttled(_ permit: Permit, untilNs: UInt64, nowNs: UInt64) {
        let isNews = permit.startedNs >= throttledNs
        holdUntilNs = max(holdUntilNs, untilNs)
        if isNews {
            throttledNs = nowNs
            ramp.halve(nowNs: nowNs, resumeNs: holdUntilNs)
        } else {
            ramp.postpone(toNs: holdUntilNs)
        }
    }

    private mutating func govern(_ permit: Permit, _ kind: FinishKind, nowNs: UInt64) {
        switch kind {
        case .succeeded: governor.succeeded(startedNs: permit.sentNs, nowNs: nowNs)
        case .failed: governor.failed()
        case .throttled, .timedOut: governor.troubled(startedNs: permit.startedNs, nowNs: nowNs)
        case .lost, .neverLeft, .withdrawn: break
        }
    }

    /// Begins anew after a time without any share: no permit is saved up, and `ghosts` of the slots may
    /// hold requests that another process sent.
    mutating func restarted(_ split: BurstSplit, ghosts: Int, nowNs: UInt64) {
        ghostSlots = GhostSlots(inherited: ghosts, nowNs: nowNs)
        breaker.doubt()
        rate = GCRA(perSecond: split.perSecond(extra: 0), burst: split.gcraBurst, nowNs: nowNs)
        limitChanged(split, nowNs: nowNs)
    }

    /// A share of the limit grew or shrank: slots that come may hold another process's unread requests, those
    /// that go take as many ghosts along.
    mutating func limitChanged(_ split: BurstSplit, slotsCome: Int, slotsGone: Int, nowNs: UInt64) {
        for _ in 0..<slotsCome { ghostSlots.add(nowNs: nowNs) }
        ghostSlots.drop(min(slotsGone, max(0, outstanding - split.slots)))
        limitChanged(split, nowNs: nowNs)
    }

    /// When the rate alone lets the next request start.
    var nextPermitNs: UInt64 { rate.nextAtNs }

    /// While it ramps up the burst is as small as the rate, so that the tolerance in time stays the same and
    /// what a hold or an outage saved up is not sent at once.
    private mutating func refreshRate(nowNs: UInt64) {
        let extra = max(0, outstanding - split.slots)
        let whole = split.perSecond(extra: extra)
        let permille = ramp.permille(nowNs: nowNs)
        isRamping = permille < 1_000
        let burst = max(1, split.gcraBurst * permille / 1_000)
        let perSecond = permille == 1_000 ? whole : whole * Double(permille) / 1_000
        rate.setRate(
            perSecond: max(perSecond, PacingLimit.minPerSecond), burst: burst,
            nowNs: nowNs)
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
