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
    /// Parcels that are ready, a queue a game.
    var ready: [ReadyQueue]
    var sleepers = WakeHeap()
    var partitions: [PartitionSlot] = []
    /// Records that could not be read, to be read again; bounded by the room of their partitions.
    var doubts: [Doubt] = []
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
        ready = catalog.games.map { _ in ReadyQueue() }
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
        let untilNs = min(sleepers.firstNs ?? .max, doubts.first?.atNs ?? .max)
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

    /// The campaign's files were edited; ids and slots are as before.
    package mutating func adopt(_ catalog: Catalog) {
        self.catalog = catalog
    }

    package enum NextTick: Sendable, Equatable {
        case atOnce
        case at(UInt64)
        case onEvent
    }

    /// Uses a permit, or hands it back when nothing came of it.
    private mutating func start(_ permit: Permit, _ now: Moment) {
        let game = Int(permit.game)
        defer { if ready[game].isEmpty { pacer.setDemand(permit.game, false) } }
        while let ref = ready[game].popFirst() {
            guard var parcel = parcels[ref], parcel.phase == .ready else { continue }
            if parcel.errand == .deliver, now.ms >= parcel.order.deadlineMs {
                close(ref, by: .expired, now)
                continue
            }
            parcel.permit = permit
            parcel.phase = parcel.errand == .ask ? .asking : .beginning
            parcels[ref] = parcel
            if parcel.errand == .ask {
                actions.append(.ask(ref, parcel.order.id, game: parcel.game))
            } else {
                let entry = AttemptEntry(
                    order: parcel.order, attempt: parcel.made + 1, resendsUnknown: parcel.resendsUnknown)
                actions.append(.begin(ref, entry))
            }
            return
        }
        pacer.finished(permit, .withdrawn, nowNs: now.ns)
    }

    /// Hands a parcel's permit back.
    mutating func release(_ parcel: inout Parcel, _ kind: FinishKind, _ now: Moment) {
        guard let permit = parcel.permit else { return }
        parcel.permit = nil
        pacer.finished(permit, kind, nowNs: now.ns)
    }

    mutating func makeReady(_ ref: ParcelRef, _ errand: Parcel.Errand) {
        guard var parcel = parcels[ref] else { return }
        parcel.phase = .ready
        parcel.errand = errand
        parcels[ref] = parcel
        ready[Int(parcel.game)].append(ref)
        pacer.setDemand(parcel.game, true)
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

/// A queue of parcels that takes from the front without moving the rest.
struct ReadyQueue: Sendable {
    private var items: [ParcelRef] = []
    private var head = 0

    var isEmpty: Bool { head == items.count }
    var count: Int { items.count - head }

    mutating func append(_ ref: ParcelRef) { items.append(ref) }

    mutating func popFirst() -> ParcelRef? {
        guard head < items.count else { return nil }
        defer {
            head += 1
            if head == items.count || head > 1_024 {
                items.removeFirst(head)
                head = 0
            }
        }
        return items[head]
    }
}
