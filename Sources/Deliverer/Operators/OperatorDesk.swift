import Catalog
import Logging
import NIOCore
import Operators
import OrderStore
import Orders
import Redis
import Telemetry

/// Limits and pauses of a running campaign: what operators set here, and what was set elsewhere.
///
/// Every act goes the same way: `.control` in Kafka, acknowledged → Redis's copy, whose counter every process
/// watches → in force. What Kafka has and Redis has not (it went away in between) is brought to Redis again
/// while this process lives, and by a rebuild afterwards. The newest act of a field holds, by its time; an
/// act is given a time after that of every act that its writer knows, who has just read Redis's copy.
///
/// `@unchecked Sendable`: every stored property that changes is touched on `loop` only, which each method
/// asserts or hops to.
final class OperatorDesk: @unchecked Sendable {
    static let pollTick = TimeAmount.milliseconds(250)
    /// So long after ``changed(_:)`` was last called the desk asks for the counter itself.
    static let heardNs: UInt64 = 1_000_000_000

    let loop: any EventLoop
    let store: OrderStore
    let journal: ControlJournal
    let logger: Logger

    /// The campaign's files, which hold where nobody has set anything. On the loop.
    private(set) var catalog: Catalog
    /// What is in force, as far as this process knows. On the loop.
    private(set) var acts = OperatorActs()
    /// Redis's copy was read once: nothing is to be sent before, since a limit may have been lowered.
    private(set) var isLoaded = false
    /// Told on the loop of the acts, at first and after every change.
    var onActs: ((OperatorActs) -> Void)?

    private var version: Int64 = -1
    private var isReading = false
    private var isAsking = false
    private var lastHeardNs: UInt64 = 0
    private var ticker: RepeatedTask?
    /// By field: what Kafka has and Redis has not answered for. At most one a field.
    private var unwritten: [String: ControlRecord] = [:]
    /// By field: this process's own pauses that Kafka has not acknowledged.
    private var owed: [String: Owed] = [:]

    private struct Owed {
        var record: ControlRecord
        var isOnItsWay = false
    }

    /// - Parameter store: of the loop that everything here runs on.
    init(store: OrderStore, journal: ControlJournal, catalog: Catalog, logger: Logger) {
        loop = store.redis.loop
        self.store = store
        self.journal = journal
        self.catalog = catalog
        self.logger = logger
    }

    // MARK: - Following

    /// Begins to follow Redis's copy. On the loop.
    func start() {
        loop.assertInEventLoop()
        ticker = loop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.pollTick) { [weak self] _ in
            self?.tick()
        }
    }

    /// On the loop.
    func stop() {
        loop.assertInEventLoop()
        ticker?.cancel()
        ticker = nil
        onActs = nil
    }

    /// The counter of Redis's copy, as a call that was made anyway has brought it. On the loop.
    func changed(_ seen: Int64) {
        loop.assertInEventLoop()
        lastHeardNs = SystemClock.nowNs
        look(seen)
    }

    private func tick() {
        for field in owed.keys.sorted() { pay(field) }
        guard store.epoch != 0 else { return }
        bringUnwritten()
        if !isLoaded { return read() }
        guard !isAsking, SystemClock.nowNs &- lastHeardNs >= Self.heardNs else { return }
        isAsking = true
        store.controlVersion { [self] result in
            isAsking = false
            if case .success(let seen) = result { look(seen) }
        }
    }

    private func look(_ seen: Int64) {
        if seen != version { read() }
    }

    private func read() {
        guard !isReading else { return }
        isReading = true
        store.readControl { [self] result in
            isReading = false
            if case .success(let copy) = result { adopt(copy) }
        }
    }

    /// Takes in what Redis holds. What is known here and not there is kept: it is in Kafka.
    func adopt(_ copy: ControlCopy) {
        loop.assertInEventLoop()
        if copy.unreadable > 0, copy.version != version {
            logger.error("control: fields that nobody can read", metadata: ["count": "\(copy.unreadable)"])
        }
        version = copy.version
        var next = acts
        for entry in copy.acts.entries { next.take(entry.record) }
        guard next != acts || !isLoaded else { return }
        isLoaded = true
        acts = next
        onActs?(next)
    }

    /// The campaign's files were edited. On the loop.
    func adopt(_ catalog: Catalog) {
        loop.assertInEventLoop()
        self.catalog = catalog
        if isLoaded { onActs?(acts) }
    }

    /// An act of this process's that holds now. On the loop.
    func holds(_ record: ControlRecord, version seen: Int64?) {
        loop.assertInEventLoop()
        // One further than known: nobody else has changed anything in between.
        if let seen, seen == version + 1 { version = seen }
        guard acts.take(record) else { return }
        onActs?(acts)
    }

    // MARK: - What is still to be brought somewhere

    /// Kafka has it, Redis does not answer. On the loop.
    func remember(_ record: ControlRecord) {
        loop.assertInEventLoop()
        guard let field = OperatorActs.field(of: record) else { return }
        if let other = unwritten[field], !record.isAfter(other) { return }
        unwritten[field] = record
    }

    private func bringUnwritten() {
        for (field, record) in unwritten.sorted(by: { $0.key < $1.key }) {
            store.writeControl(record) { [self] result in
                guard case .success(let write) = result else { return }
                if unwritten[field] == record { unwritten[field] = nil }
                switch write {
                case .holds(let seen): holds(record, version: seen)
                case .overtaken: read()
                }
            }
        }
    }

    /// Pauses a game because of what this process has seen of it (it answered 410, its orders die): in force
    /// here at once, everywhere and for good as soon as Kafka and Redis have it, which is tried until they do
    /// or an operator has said otherwise. Said again while it is paused it does nothing. On the loop.
    ///
    /// - Parameter reason: cut to 256 bytes, control characters taken out.
    func pause(game: String, reason: String, by: String = "deliverer") {
        loop.assertInEventLoop()
        guard !acts.isPaused(game) else { return }
        let field = "g:\(game)"
        let record = ControlRecord.gate(
            game: game, isPaused: true, by: by, reason: OperatorReason.cut(reason, maxBytes: 256),
            atMs: acts.nextAtMs(field, nowMs: SystemClock.nowMs))
        guard acts.take(record) else { return }
        logger.error("game paused", metadata: ["game": "\(game)", "by": "\(by)", "reason": "\(reason)"])
        owed[field] = Owed(record: record)
        pay(field)
        onActs?(acts)
    }

    private func pay(_ field: String) {
        guard var debt = owed[field], !debt.isOnItsWay else { return }
        // Somebody has said something newer: there is nothing left to say.
        guard acts[field] == debt.record else {
            owed[field] = nil
            return
        }
        debt.isOnItsWay = true
        owed[field] = debt
        let record = debt.record
        Task { [self] in
            let isWritten: Bool
            do throws(OperatorProblem) {
                try await journal.append(record, key: field)
                isWritten = true
            } catch {
                logger.warning("a pause is not written yet", metadata: ["why": "\(error.detail ?? "")"])
                isWritten = false
            }
            loop.execute { [self] in paid(field, record, isWritten) }
        }
    }

    private func paid(_ field: String, _ record: ControlRecord, _ isWritten: Bool) {
        guard owed[field]?.record == record else { return }
        guard isWritten else {
            owed[field]?.isOnItsWay = false
            return
        }
        owed[field] = nil
        remember(record)
        if store.epoch != 0 { bringUnwritten() }
    }

    /// Nothing is on its way to Kafka or Redis. On the loop.
    var isSettled: Bool { owed.isEmpty && unwritten.isEmpty }
}
