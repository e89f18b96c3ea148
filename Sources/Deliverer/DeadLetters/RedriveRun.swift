import Catalog
import Kafka
import OrderLog
import OrderStore
import Orders
import Pacing
import Redis
import Telemetry

/// Applies a batch: each order's state, then its record.
///
/// A window of orders goes through four steps, each on disk or acknowledged before the next: the progress
/// file says that the window is pending; states change from rejected or expired to queued, by compare-and-set
/// and under the run's epoch; the records stand in `orders.<game>`; the next window's note says that this one
/// is through. Killed after any of them, the next run finds the pending window and asks the states: what is
/// still rejected or expired was not touched; what is queued may lack its record and gets it (a second record
/// of an order is a twin, of which the deliverers' compare-and-set lets one go); everything else is on its
/// way or has ended. An order that has ended once more since the batch was made has a later letter, and is
/// left alone.
struct RedriveRun {
    /// The steps of a window, for tests that cut a run off behind one of them.
    enum Step: CaseIterable, Sendable { case begun, noted, changed, sent, through }

    /// Orders a second; see `--rate`.
    static let rates = 0.1...5_000.0
    static let defaultRate = 50.0
    private static let maxWindow = 256

    let stores: DeskStores
    let batch: RedriveBatch
    /// Path of the batch's file.
    let path: String
    let by: String
    let reason: String
    let perSecond: Double
    /// Called behind each step.
    var onStep: (Step) throws -> Void = { _ in }

    /// - Returns: how far the batch has come: to its end.
    func run() async throws -> RedriveProgress {
        let checksum = batch.checksum
        let lock = try DeskLock(path)
        defer { withExtendedLifetime(lock) {} }
        let acts = try await stores.control { record in
            if case .redrive(checksum, _, let phase, _, _, _) = record { phase } else { nil }
        }
        var progress = try RedriveProgress.load(path) ?? RedriveProgress(batch: checksum)
        guard progress.batch == checksum else {
            throw DeskFault(
                DeskFault.badData,
                "\(RedriveProgress.path(of: path)) is of another batch that was begun: finish that one, or "
                    + "put its files aside")
        }
        if progress.isFinished || acts.contains(.done) {
            progress.wasFinished = true
            return progress
        }
        // Begun by a run whose progress is lost: everything may be anywhere.
        if acts.contains(.begun), progress.pending == 0 { progress.pending = batch.entries.count }
        try await stores.demandOpen()
        let append = try stores.appender()
        do {
            try await apply(&progress, append)
        } catch let failure as KafkaFailure {
            await append.close()
            throw unfinished("kafka: \(failure)")
        } catch let failure as RedisFailure {
            await append.close()
            throw unfinished("\(failure)")
        } catch {
            await append.close()
            throw error
        }
        await append.close()
        return progress
    }

    private func unfinished(_ why: String) -> DeskFault {
        DeskFault(DeskFault.again, "not finished, apply the same batch again: \(why)")
    }

    private func apply(_ progress: inout RedriveProgress, _ append: AcknowledgedAppend) async throws {
        try await tell(.begun, append)
        try onStep(.begun)
        let endedAgain = try await endedAgain(from: progress.done)
        let size = min(Self.maxWindow, max(1, Int(perSecond / 4)))
        var pace = GCRA(perSecond: perSecond / Double(size), burst: 1, nowNs: SystemClock.nowNs)
        var shown = DeskProgress(nowNs: SystemClock.nowNs)
        // What a killed run may have touched.
        let pending = progress.pending
        var ahead: ArraySlice<(entry: RedriveEntry, order: Order?)> = []
        while progress.done < batch.entries.count {
            while !pace.take(nowNs: SystemClock.nowNs) {
                let now = SystemClock.nowNs
                try await Task.sleep(nanoseconds: pace.nextAtNs > now ? pace.nextAtNs - now : 0)
            }
            if ahead.isEmpty { ahead = try await read(from: progress.done)[...] }
            let window = ahead.prefix(size)
            ahead = ahead.dropFirst(window.count)
            let (start, end) = (progress.done, progress.done + window.count)
            progress.pending = max(progress.pending, end)
            try progress.save(path)
            try onStep(.noted)
            let due = try await change(window, start: start, pending: pending, endedAgain, &progress)
            try onStep(.changed)
            try await append.append(due)
            try onStep(.sent)
            progress.sent += due.count
            progress.done = end
            shown.show(
                nowNs: SystemClock.nowNs,
                "redrive: \(end) of \(batch.entries.count) orders, \(progress.sent) sent")
        }
        progress.pending = progress.done
        try progress.save(path)
        try onStep(.through)
        try await tell(.done, append, orders: progress.sent)
        progress.isFinished = true
        try progress.save(path)
    }

    /// Changes the states of a window. Returns the records of what is due.
    private func change(
        _ window: ArraySlice<(entry: RedriveEntry, order: Order?)>, start: Int, pending: Int,
        _ endedAgain: Set<OrderID>, _ progress: inout RedriveProgress
    ) async throws -> [OutgoingRecord] {
        let states = try await stores.store.standings(window.map(\.entry.order))
        var due: [OrderID: Order] = [:]
        var changes: [UInt16: [SettleEntry]] = [:]
        for (at, ((entry, order), state)) in zip(window, states).enumerated() {
            guard let order else {
                throw DeskFault(
                    DeskFault.badData,
                    "the letter of \(entry.order) does not stand where the batch says: make a new batch")
            }
            let mayBeOurs = start + at < pending || entry.isLeftQueued
            if endedAgain.contains(entry.order) {
                progress.endedAgain += 1
            } else if state == .rejected || state == .expired {
                changes[entry.order.shard, default: []].append(
                    SettleEntry(order: entry.order, event: .redriven, attempt: entry.attempt))
                due[entry.order] = order
            } else if state == .queued, mayBeOurs {
                due[entry.order] = order
            } else {
                progress.passed[state, default: 0] += 1
            }
        }
        for (shard, entries) in changes {
            let decisions = try await stores.store.awaiting { store, then in
                store.settle(shard: shard, entries: entries, then: then)
            }
            for (entry, decision) in zip(entries, decisions) where !decision.applied {
                due[entry.order] = nil
                progress.passed[decision.state, default: 0] += 1
            }
        }
        return window.compactMap { due[$0.entry.order] }.map(record)
    }

    /// As every order goes, with the time of a new one to be delivered in.
    private func record(_ letter: Order) -> OutgoingRecord {
        stores.resend(letter, attempt: letter.attempt, nowMs: SystemClock.nowMs)
    }

    private func read(from start: Int) async throws -> [(entry: RedriveEntry, order: Order?)] {
        let entries = batch.entries[start..<min(start + LetterReading.maxEntries, batch.entries.count)]
        let (catalog, topic) = (stores.catalog, stores.topics.dead)
        let orders = try await stores.blocking { reader in
            try LetterReading.orders(entries, topic: topic, catalog: catalog, reader: reader)
        }
        return zip(entries, orders).map { (entry: $0, order: $1) }
    }

    private func endedAgain(from start: Int) async throws -> Set<OrderID> {
        let left = Set(batch.entries[start...].map(\.order))
        let (catalog, topic, cut) = (stores.catalog, stores.topics.dead, batch.cut)
        return try await stores.blocking { reader in
            try LetterReading.endedSince(cut, among: left, topic: topic, catalog: catalog, reader: reader)
        }
    }

    private func tell(
        _ phase: ControlRecord.Phase, _ append: AcknowledgedAppend, orders: Int? = nil
    ) async throws {
        let checksum = batch.checksum
        let record = ControlRecord.redrive(
            batch: checksum, orders: orders ?? batch.entries.count, phase: phase, by: by, reason: reason,
            atMs: SystemClock.nowMs)
        try await append.append([
            OutgoingRecord(topic: stores.topics.control, key: Array(checksum.utf8), value: record.encode())
        ])
    }
}

extension DeskStores {
    /// A record that brings an order to the deliverers once more: marked as sent again, due at once, and with
    /// as much time as a new order has.
    func resend(_ known: Order, attempt: UInt16, nowMs: Int64) -> OutgoingRecord {
        .resend(known, attempt: attempt, catalog, nowMs: nowMs)
    }
}
