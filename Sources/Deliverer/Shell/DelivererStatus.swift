import Catalog
import Histogram
import NIOCore
import Orders
import Pacing
import Telemetry
import Wire

extension DeliveryLoop {
    /// What this process knows of each game's queue, and whether nothing is left to do here. On the loop.
    func report() -> DelivererStatusReport {
        loop.assertInEventLoop()
        let now = Self.now
        var report = DelivererStatusReport(owner: String(decoding: Hex.encode(engine.owner), as: UTF8.self))
        report.isIdle = engine.parcels.count == 0 && writes.count == 0
        report.isOpen = run.isOpen && engine.isRunOpen
        report.why = run.isOpen ? (engine.isRunOpen ? "" : "the limits are being read from redis") : run.why
        report.open = engine.parcels.count
        report.partitions = engine.partitions.filter(\.isAssigned).count
        report.totalLimit = engine.pacer.total.perSecond
        report.totalShare = engine.pacer.perSecond
        let phases = engine.phaseCounts()
        report.games = engine.games.map { game in status(game, phases[Int(game.slot)], now) }
        addBacklogs(to: &report, phases)
        return report
    }

    /// What lies in the topics behind the commits, less what of it is in memory.
    private func addBacklogs(to report: inout DelivererStatusReport, _ phases: [PhaseCounts]) {
        for (number, records) in backlogs {
            let (slot, isShelf) = (Int(engine.partitions[number].game), engine.partitions[number].isShelf)
            if isShelf {
                report.games[slot].shelved = (report.games[slot].shelved ?? 0) + records
            } else {
                report.games[slot].unread = (report.games[slot].unread ?? 0) + records
            }
        }
        for slot in report.games.indices {
            report.games[slot].unread = report.games[slot].unread.map { max(0, $0 - phases[slot].ofOrders) }
            report.games[slot].shelved = report.games[slot].shelved.map { max(0, $0 - phases[slot].ofShelf) }
        }
    }

    private func status(_ game: Game, _ phases: PhaseCounts, _ now: Moment) -> GameStatus {
        let slot = Int(game.slot)
        let (pace, set, counts) = (engine.pacer[game.slot], engine.pacer.games[slot], engine.counts[slot])
        var status = GameStatus(game: game.id)
        status.limit = set.limit.perSecond
        status.burst = set.limit.burst
        status.share = pace.perSecond
        status.used = recent[slot].perSecond
        status.oldestAgeMs = phases.oldestClaimMs.map { max(0, now.ms - $0) }
        status.ready = phases.ready
        status.inFlight = pace.live
        status.retrying = phases.sleeping
        status.writing = phases.writing
        status.ghosts = pace.ghosts
        status.breaker = GameStatus.Breaker(pace.breakerState)
        status.concurrency = pace.split.slots
        status.maxConcurrency = set.maxConcurrency
        if pace.holdUntilNs > now.ns { status.holdMs = Int64((pace.holdUntilNs - now.ns) / 1_000_000) }
        status.isPaused = pace.isPaused
        status.gate = operators?.acts.gate(of: game.id)?.act
        status.counts = GameStatus.Counts(
            attempts: counts.attempts, repeats: counts.repeats, delivered: counts.delivered,
            rejected: counts.rejected, expired: counts.expired, voided: counts.voided, parked: counts.parked,
            unknown: counts.unknown, asked: counts.asked)
        status.p50Ms = Double(latencies[slot].valueAtPercentile(50)) / 1000
        status.p99Ms = Double(latencies[slot].valueAtPercentile(99)) / 1000
        status.errors = errors[slot].newestFirst
        return status
    }

    /// Notes how far each game has come, and shows the gauges. On the loop, a few times a second.
    func lookAtStatus() {
        let nowNs = SystemClock.nowNs
        for slot in recent.indices { recent[slot].look(engine.counts[slot].attempts, nowNs: nowNs) }
        guard nowNs &- gaugesAtNs >= 1_000_000_000 else { return }
        gaugesAtNs = nowNs
        statusMeters.show(report())
    }
}

extension GameStatus.Breaker {
    init(_ state: CircuitBreaker.State) {
        switch state {
        case .closed: self = .closed
        case .open: self = .open
        case .halfOpen: self = .halfOpen
        }
    }
}

/// Parcels of a game by what they are doing.
struct PhaseCounts: Sendable {
    var ready = 0
    var sleeping = 0
    var writing = 0
    /// Parcels that were read from the orders topic, and from the retries topic.
    var ofOrders = 0
    var ofShelf = 0
    /// Of the parcel that was claimed first, Unix milliseconds.
    var oldestClaimMs: Int64?
}

extension DeliveryEngine {
    /// By slot. Walks over all parcels: at most what memory is granted.
    func phaseCounts() -> [PhaseCounts] {
        var counts = games.map { _ in PhaseCounts() }
        for ref in parcels.refs {
            guard let parcel = parcels[ref] else { continue }
            let slot = Int(parcel.game)
            counts[slot].oldestClaimMs = min(
                counts[slot].oldestClaimMs ?? .max, parcel.order.claimedAtMs)
            if partitions[parcel.source.partition].isShelf {
                counts[slot].ofShelf += 1
            } else {
                counts[slot].ofOrders += 1
            }
            switch parcel.phase {
            case .ready: counts[slot].ready += 1
            case .sleeping: counts[slot].sleeping += 1
            case .recording, .settling, .shelving: counts[slot].writing += 1
            case .beginning, .sending, .asking: break
            }
        }
        return counts
    }
}
