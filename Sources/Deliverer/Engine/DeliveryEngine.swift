import Catalog
import Kafka
import OrderStore
import Orders
import Pacing
import Wire

/// The deliverer's decisions, all of them: a value that takes events and the time and gives out actions.
///
/// It opens no socket and reads no clock, so that the same code runs in production and in seeded tests. The
/// way of an order: read → `ready` → a permit of its game → in flight in Redis → sent → outcome to Kafka →
/// state in Redis → watermark. An order leaves memory by `finish` alone, which completes its offset.
///
/// What keeps the promises here:
/// - nothing is sent without a permit and without Redis's leave (`begin`), retries and queries included;
/// - an unknown end goes to the game's query URL, or out again under the same ID where the game is
///   idempotent, or to a person; never to "failed";
/// - an outcome is acknowledged by Kafka before the state changes, and the offset completes after that;
/// - a game's parcels take room of that game's partitions only.
package struct DeliveryEngine: Sendable {
    private(set) var catalog: Catalog
    let owner: UInt64
    let options: EngineOptions
    let schedule: RetrySchedule

    var pacer: DeliveryPacer
    var parcels = ParcelTable()
    /// Parcels that are ready, by game.
    var ready: [GameQueue]
    /// Games of which something is ready that its share lets go at that moment only; `.max`: none.
    var shareWaits: [UInt64]
    var shareWaitNs: UInt64 = .max
    /// By game: notices when too many orders are refused for good.
    var deadRatios: [DeadRatioGuard]
    /// By game: what it has surely read.
    var horizons: [ReadHorizon]
    var sleepers = WakeHeap()
    var partitions: [PartitionSlot] = []
    /// Records that could not be read, to be read again; bounded by the room of their partitions.
    var doubts: [Doubt] = []
    /// There is an edit that the other services may serve and we cannot: what cannot be read is not given up.
    package var isCatalogBehind = false
    var poison: [PoisonRef: Source] = [:]
    var nextPoison: UInt64 = 0
    var random: SplitMix64
    var counts: [GameCounts]
    /// Whether Redis's contents are known good; otherwise nothing is begun and nobody is asked.
    package var isRunOpen = true

    /// What the shell has to do; it takes them all after every call.
    package var actions: [DeliveryAction] = []

    package init(
        catalog: Catalog, owner: UInt64, options: EngineOptions, seed: UInt64, pacer: DeliveryPacer
    ) {
        self.catalog = catalog
        self.owner = owner
        self.options = options
        self.pacer = pacer
        schedule = RetrySchedule(baseMs: options.retryBaseMs, capMs: options.retryCapMs)
        ready = catalog.games.map { GameQueue(perSecond: $0.limit.perSecond, nowNs: 0) }
        shareWaits = catalog.games.map { _ in .max }
        deadRatios = catalog.games.map { _ in DeadRatioGuard(ratio: options.deadRatio) }
        horizons = catalog.games.map { _ in ReadHorizon() }
        counts = catalog.games.map { _ in GameCounts() }
        random = SplitMix64(seed: seed)
    }

    /// Wakes what is due and starts at most one request.
    ///
    /// - Returns: when to call again: at once with a fresh reading of the clock (a reading serves one start),
    ///   at a time, or not before something happens.
    package mutating func tick(_ now: Moment) -> NextTick {
        while let ref = sleepers.popDue(nowNs: now.ns) { wake(ref, now) }
        if !doubts.isEmpty { readDoubts(now) }
        if shareWaitNs <= now.ns { endShareWaits(now) }
        let untilNs = min(sleepers.firstNs ?? .max, doubts.first?.atNs ?? .max, shareWaitNs)
        guard isRunOpen else { return untilNs == .max ? .onEvent : .at(untilNs) }
        switch pacer.next(nowNs: now.ns) {
        case .start(let permit):
            start(permit, now)
            return .atOnce
        case .wait(let permitNs):
            return .at(min(permitNs, untilNs))
        case .idle:
            return untilNs == .max ? .onEvent : .at(untilNs)
        }
    }

    /// A game's limit changed; in force at once, for the share of its repeats and resends too.
    package mutating func limitChanged(
        _ game: UInt8, to new: DeliveryPacer.Game, _ now: Moment
    ) throws(PacingFault) {
        guard pacer.games[Int(game)] != new else { return }
        try pacer.limitChanged(game, to: new, nowNs: now.ns)
        ready[Int(game)].limitChanged(perSecond: new.limit.perSecond, nowNs: now.ns)
    }

    /// An operator, or what was seen of the game, pauses it or lets it go on. What was seen before a pause
    /// says nothing of what comes after it.
    package mutating func paused(_ game: UInt8, _ isPaused: Bool) {
        if pacer[game].isPaused, !isPaused { deadRatios[Int(game)].reset() }
        pacer.paused(game, isPaused)
    }

    /// The campaign's files were edited; ids and slots are as before. Games that were appended are known by
    /// name only: another process delivers their orders.
    package mutating func adopt(_ catalog: Catalog) {
        self.catalog = catalog
        isCatalogBehind = false
    }

    /// The games that are delivered to: those of the start, as they are now.
    package var games: ArraySlice<Game> { catalog.games.prefix(counts.count) }

    package enum NextTick: Sendable, Equatable {
        case atOnce
        case at(UInt64)
        case onEvent
    }

    /// Uses a permit, or hands it back when nothing came of it.
    private mutating func start(_ permit: Permit, _ now: Moment) {
        let game = Int(permit.game)
        defer { if ready[game].isEmpty { pacer.setDemand(permit.game, false) } }
        while let ref = popReady(game, now) {
            guard var parcel = parcels[ref] else { continue }
            if parcel.errand == .deliver, now.ms >= parcel.order.deadlineMs {
                close(ref, by: .expired, now)
                continue
            }
            // An edit may have taken the query URL away since.
            if parcel.errand == .ask, catalog.games[game].queryEndpoint == nil {
                resolve(ref, now)
                continue
            }
            parcel.permit = permit
            parcel.phase = parcel.errand == .ask ? .asking : .beginning
            parcels[ref] = parcel
            if parcel.errand == .ask {
                parcel.isDenialFinal =
                    now.ms >= parcel.denialCountsAtMs
                    && horizons[game].covers(endedNs: parcel.endedNs, nowNs: now.ns)
                parcels[ref] = parcel
                actions.append(.ask(ref, parcel.order.id, game: parcel.game))
            } else {
                let entry = AttemptEntry(
                    order: parcel.order, attempt: parcel.made + 1, resendsUnknown: parcel.resendsUnknown)
                actions.append(.begin(ref, entry))
            }
            return
        }
        pacer.finished(permit, .withdrawn, nowNs: now.ns)
        waitForShare(game, now)
    }

    private mutating func popReady(_ game: Int, _ now: Moment) -> ParcelRef? {
        ready[game].popFirst(nowNs: now.ns) { parcels.isReady($0) }
    }

    /// What is ready are repeats or resends whose share is used up: the game wants no permits until then.
    private mutating func waitForShare(_ game: Int, _ now: Moment) {
        guard let atNs = ready[game].readyAtNs else { return }
        pacer.setDemand(UInt8(game), false)
        shareWaits[game] = max(atNs, now.ns + 1)
        shareWaitNs = min(shareWaitNs, shareWaits[game])
    }

    private mutating func endShareWaits(_ now: Moment) {
        shareWaitNs = .max
        for game in shareWaits.indices where shareWaits[game] != .max {
            if shareWaits[game] <= now.ns {
                shareWaits[game] = .max
                if !ready[game].isEmpty { pacer.setDemand(UInt8(game), true) }
            } else {
                shareWaitNs = min(shareWaitNs, shareWaits[game])
            }
        }
    }

    /// Hands a parcel's permit back.
    mutating func release(_ parcel: inout Parcel, _ kind: FinishKind, _ now: Moment) {
        guard let permit = parcel.permit else { return }
        parcel.permit = nil
        pacer.finished(permit, kind, nowNs: now.ns)
        switch kind {
        case .succeeded, .failed, .throttled:
            horizons[Int(permit.game)].answered(startedNs: permit.startedNs, nowNs: now.ns)
        case .timedOut, .lost, .neverLeft, .withdrawn: break
        }
    }

    mutating func makeReady(_ ref: ParcelRef, _ errand: Parcel.Errand) {
        guard var parcel = parcels[ref] else { return }
        parcel.phase = .ready
        parcel.errand = errand
        parcels[ref] = parcel
        let (game, kind) = (Int(parcel.game), parcel.attemptClass)
        ready[game].append(ref, kind)
        // Where a share is waited for, only a fresh order has anything to do with a permit.
        if shareWaits[game] == .max || kind == .fresh {
            shareWaits[game] = .max
            pacer.setDemand(parcel.game, true)
        }
    }

    mutating func sleep(_ ref: ParcelRef, _ errand: Parcel.Errand, forMs ms: Int64, _ now: Moment) {
        guard var parcel = parcels[ref] else { return }
        parcel.phase = .sleeping
        parcel.errand = errand
        parcels[ref] = parcel
        sleepers.insert(ref, atNs: now.ns + UInt64(max(0, ms)) * 1_000_000)
    }

    private mutating func wake(_ ref: ParcelRef, _ now: Moment) {
        guard let parcel = parcels[ref], parcel.phase == .sleeping else { return }
        switch parcel.errand {
        case .deliver, .ask: makeReady(ref, parcel.errand)
        case .record: record(ref)
        case .settle: settle(ref)
        case .shelve: putOff(ref, untilMs: parcel.order.notBeforeMs, now)
        case .expire: close(ref, by: .expired, now)
        case .look: look(ref)
        }
    }
}

/// Counts of one game since the start, for status and metrics.
package struct GameCounts: Sendable, Equatable {
    package var delivered = 0
    package var rejected = 0
    package var expired = 0
    package var voided = 0
    package var parked = 0
    /// Attempts after the first.
    package var repeats = 0
    package var attempts = 0
    package var unknown = 0
    package var asked = 0
}
