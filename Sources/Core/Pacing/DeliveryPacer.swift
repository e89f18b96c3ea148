/// Decides which game may be sent the next request, and when: all games' paces under one total limit.
///
/// - Round-robin: among the games that have something to send and may send now, the one after the last.
///   A game that is slow, hung, held, open or paused is passed over and costs the others nothing; it has
///   slots of its own (`SlotShares`) and takes no permit of the total.
/// - The total limit is kept as a game's is, over the sum of all slots.
/// - A clock reading serves `startsPerReading` starts; ask with a fresh reading each time. The readings
///   of `finished` are to be taken after the result is known.
///
/// With `shares` each limit is only this process's share of it, and a game without one is barred; see
/// `DeliveryPacer+shares.swift`.
///
/// A pure value owned by one loop: events and monotonic nanoseconds in, decisions out. A decision costs
/// O(games), 64 at most.
package struct DeliveryPacer: Sendable {
    package static let maxGames = 64

    /// One game as the pacer sees it; its index in the array is its slot.
    package struct Game: Sendable, Equatable {
        package var limit: PacingLimit
        package var maxConcurrency: Int

        package init(limit: PacingLimit, maxConcurrency: Int) {
            self.limit = limit
            self.maxConcurrency = maxConcurrency
        }
    }

    package struct Options: Sendable {
        package var breaker = CircuitBreaker.Policy()
        /// How often one clock reading may be used; each costs one of the burst.
        package var startsPerReading = 1
        /// False only where no predecessor can have sent anything.
        package var inheritsGhosts = true

        package init() {}
    }

    package private(set) var games: [Game]
    package private(set) var total: PacingLimit
    let options: Options
    var pacers: [GamePacer] = []
    var totalSplit: BurstSplit
    var totalRate: GCRA
    private var totalExtra = 0
    /// Of the games that are not barred.
    var outstanding = 0
    private var demand: UInt64 = 0
    private var last: Int
    private var readingNs: UInt64
    private var startsAtReading = 0
    /// Nil: every limit is this process's alone.
    var shares: SharesInForce?

    /// Throws for more than 64 games or a concurrency below 1. With `shares` nothing starts before a right
    /// to some share has begun.
    package init(
        total: PacingLimit, games: [Game], options: Options = .init(), shares: SharesSetup? = nil,
        nowNs: UInt64
    ) throws(PacingFault) {
        guard games.count <= Self.maxGames else { throw .tooManyGames(games.count) }
        for game in games { try Self.check(game.maxConcurrency) }
        self.games = games
        self.total = total
        self.options = options
        last = games.count - 1
        readingNs = nowNs
        let splits = Self.splits(total: total, games: games, options)
        totalSplit = splits.total
        totalRate = GCRA(
            perSecond: splits.total.perSecond(extra: 0), burst: splits.total.gcraBurst, nowNs: nowNs)
        for (slot, split) in splits.games.enumerated() {
            let pacer = GamePacer(
                game: UInt8(slot), split: split, breaker: options.breaker,
                inheritsGhosts: options.inheritsGhosts, nowNs: nowNs)
            outstanding += pacer.outstanding
            pacers.append(pacer)
        }
        if let shares {
            self.shares = SharesInForce(shares, splits: splits, total: total, nowNs: nowNs)
            barAll()
        }
        refreshTotal(nowNs: nowNs)
    }

    /// A game's state, for gauges and operators.
    package subscript(game: UInt8) -> GamePacer { pacers[Int(game)] }

    /// The total rate in force, a second.
    package var perSecond: Double { totalRate.perSecond }

    /// How long the caller may stay away and lose no permit of a game that has something to send.
    package var sustainedPauseNs: UInt64 {
        var pauseNs = totalRate.sustainedPauseNs
        for slot in pacers.indices where demand & (1 << UInt64(slot)) != 0 && shares?.isBarred(slot) != true {
            pauseNs = min(pauseNs, pacers[slot].sustainedPauseNs)
        }
        return pauseNs
    }

    /// Whether that game has something to send. Games without demand are not considered.
    package mutating func setDemand(_ game: UInt8, _ hasDemand: Bool) {
        let bit: UInt64 = 1 << UInt64(game)
        demand = hasDemand ? demand | bit : demand & ~bit
    }

    /// The next start, or when to ask again.
    package mutating func next(nowNs: UInt64) -> PacingDecision {
        let nowNs = advance(nowNs)
        var earliest = UInt64.max
        let changeNs = shares?.dueNs ?? .max
        for step in 1...max(1, pacers.count) where demand != 0 {
            let slot = (last + step) % pacers.count
            guard demand & (1 << UInt64(slot)) != 0 else { continue }
            if let shares, shares.isBarred(slot) {
                noteBarred(slot)
                continue
            }
            let ready = readiness(slot, nowNs: nowNs)
            if shares != nil, ready != .now { noteWaiting(slot, nowNs: nowNs) }
            switch ready {
            case .onEvent: continue
            case .from(let atNs): earliest = min(earliest, atNs)
            case .now:
                guard startsAtReading < options.startsPerReading else { return .wait(untilNs: nowNs + 1) }
                guard totalRate.take(nowNs: nowNs) else {
                    noteTotalBound()
                    return .wait(untilNs: min(totalRate.nextAtNs, changeNs))
                }
                startsAtReading += 1
                last = slot
                let permit = start(slot, nowNs: nowNs)
                if shares != nil { noteStart(slot) }
                return .start(permit)
            }
        }
        // A share may change by itself before that.
        if earliest != .max { earliest = max(earliest, totalRate.nextAtNs) }
        if demand != 0 { earliest = min(earliest, changeNs) }
        return earliest == .max ? .idle : .wait(untilNs: earliest)
    }

    /// A request ended; once for each permit. `nowNs` is read after its result was known.
    package mutating func finished(_ permit: Permit, _ kind: FinishKind, nowNs: UInt64) {
        let nowNs = advance(nowNs)
        change(Int(permit.game), nowNs: nowNs) { $0.finished(permit, kind, nowNs: nowNs) }
    }

    /// A game's limit or concurrency changed: in force at once. Throws for an unknown game.
    package mutating func limitChanged(_ game: UInt8, to new: Game, nowNs: UInt64) throws(PacingFault) {
        guard Int(game) < games.count else { throw .unknownGame(game) }
        try Self.check(new.maxConcurrency)
        games[Int(game)] = new
        redivide(nowNs: advance(nowNs))
    }

    /// The total limit changed: in force at once.
    package mutating func totalChanged(to new: PacingLimit, nowNs: UInt64) {
        total = new
        redivide(nowNs: advance(nowNs))
    }

    package mutating func paused(_ game: UInt8, _ isPaused: Bool) {
        pacers[Int(game)].isPaused = isPaused
    }

    /// Ends a game's `Retry-After` hold early: an operator's act.
    package mutating func clearHold(_ game: UInt8) { pacers[Int(game)].clearHold() }

    /// Lets a game begin again at a tenth of its rate: for one that is resumed after trouble.
    package mutating func rampUp(_ game: UInt8, nowNs: UInt64) {
        change(Int(game), nowNs: nowNs) { $0.rampUp(nowNs: nowNs) }
    }
}

extension DeliveryPacer {
    /// The clock never runs backwards in here, whatever order readings of several loops arrive in.
    mutating func advance(_ nowNs: UInt64) -> UInt64 {
        if nowNs > readingNs {
            readingNs = nowNs
            startsAtReading = 0
        }
        if let shares, readingNs >= shares.dueNs { followShares(nowNs: readingNs) }
        return readingNs
    }

    private mutating func readiness(_ slot: Int, nowNs: UInt64) -> GamePacer.Readiness {
        var readiness = GamePacer.Readiness.onEvent
        change(slot, nowNs: nowNs) { readiness = $0.readiness(nowNs: nowNs) }
        return readiness
    }

    private mutating func start(_ slot: Int, nowNs: UInt64) -> Permit {
        var permit: Permit?
        change(slot, nowNs: nowNs) { permit = $0.start(nowNs: nowNs) }
        guard let permit else { preconditionFailure("a start gives a permit") }
        return permit
    }

    private mutating func change(_ slot: Int, nowNs: UInt64, _ body: (inout GamePacer) -> Void) {
        let before = pacers[slot].outstanding
        body(&pacers[slot])
        // Somebody else has a barred game's slots, and takes what is unread on them for ghosts.
        guard shares?.isBarred(slot) != true else { return }
        outstanding += pacers[slot].outstanding - before
        refreshTotal(nowNs: nowNs)
    }

    private mutating func redivide(nowNs: UInt64) {
        let splits = Self.splits(total: total, games: games, options)
        if shares != nil {
            shares?.limitsChanged(splits, total: total)
            applyShares(nowNs: nowNs, isNewLimit: true)
            return
        }
        totalSplit = splits.total
        for (slot, split) in splits.games.enumerated() {
            change(slot, nowNs: nowNs) { $0.limitChanged(split, nowNs: nowNs) }
        }
        totalExtra = -1
        refreshTotal(nowNs: nowNs)
    }

    /// What is unread beyond the total's slots is paid for by the total rate, as in a game.
    mutating func refreshTotal(nowNs: UInt64, isForced: Bool = false) {
        let extra = max(0, outstanding - totalSplit.slots)
        guard extra != totalExtra || isForced else { return }
        totalExtra = extra
        totalRate.setRate(
            perSecond: totalSplit.perSecond(extra: extra), burst: totalSplit.gcraBurst, nowNs: nowNs)
    }

    typealias Splits = (total: BurstSplit, games: [BurstSplit])

    private static func splits(
        total: PacingLimit, games: [Game], _ options: Options
    ) -> Splits {
        let alone = games.map {
            BurstSplit(
                $0.limit, maxConcurrency: $0.maxConcurrency, startsPerReading: options.startsPerReading)
        }
        let wishes = alone.map(\.slots)
        let totalSplit = BurstSplit(
            total, maxConcurrency: PacingLimit.maxBurst, startsPerReading: options.startsPerReading)
        let shares = SlotShares.divide(total: totalSplit.slots, wishes: wishes)
        return (totalSplit, zip(alone, shares).map { $0.capped(slots: $1) })
    }

    private static func check(_ maxConcurrency: Int) throws(PacingFault) {
        guard (1...PacingLimit.maxBurst).contains(maxConcurrency) else {
            throw .concurrencyOutOfRange(maxConcurrency)
        }
    }
}
