import CampaignFiles
import Glibc
import OrderSets
import Synchronization

/// Compares lists of dense IDs as sets in memory: each thread fills sets of its own, which are united at the
/// end, so that nothing is shared while it is filled.
struct SetWay: Sendable {
    /// A set is looked at, whether it has become too large, after so many IDs at most: a batch of the
    /// reader's.
    private static let dataEnding = ".set"

    private let work: DiffWork
    private let output: DiffOutput
    /// Of one set while it is filled. There are as many as threads times sides, and beside them at the end
    /// the lists themselves: a quarter is left for those.
    private let mostBytes: Int

    /// What the threads have brought.
    private struct Harvest {
        var sets: [DiffSide: OrderSet] = [:]
        var pieces: [DiffSide: [PieceTally]] = [:]
        var reused = 0
    }

    init(_ work: DiffWork, _ output: DiffOutput) {
        self.work = work
        self.output = output
        mostBytes = work.roomBytes * 3 / 4 / (work.threads * max(2, work.sides.count))
    }

    /// - Throws: ``ReadStop/tooLarge`` when the sets would take more memory than there is.
    func run() throws(ReadStop) -> DiffOutcome {
        let queue = WorkQueue(work.shards)
        let harvest = Mutex(Harvest())
        ReaderThreads.run(work.threads) { [self] _ in
            var mine = Harvest()
            do throws(ReadStop) {
                while let shard = queue.next() { try self.read(shard, into: &mine, queue) }
            } catch {
                queue.stop(error)
            }
            harvest.withLock { all in
                for (side, set) in mine.sets {
                    if let there = all.sets[side] { there.formUnion(set) } else { all.sets[side] = set }
                }
                for (side, pieces) in mine.pieces { all.pieces[side, default: []] += pieces }
                all.reused += mine.reused
            }
        }
        if let reason = queue.reason { throw reason }
        return try harvest.withLock { all throws(ReadStop) in try compare(&all) }
    }

    private func read(
        _ shard: DiffShard, into mine: inout Harvest, _ queue: WorkQueue<DiffShard>
    ) throws(ReadStop) {
        let set = mine.sets[shard.side] ?? OrderSet()
        mine.sets[shard.side] = set
        if let record = work.record(of: shard, data: Self.dataEnding), let stored = stored(shard) {
            set.formUnion(stored)
            guard set.memoryBytes <= mostBytes else { throw .tooLarge }
            mine.pieces[shard.side, default: []] += record.pieces
            mine.reused += 1
            return
        }
        // What is kept must hold this shard alone.
        let filled = work.directory.isResumable ? OrderSet() : set
        let most = mostBytes
        let record = try work.read(shard, UInt64.self) { ids throws(ReadStop) in
            filled.insert(ids)
            guard filled.memoryBytes > most else { return }
            // Room that was given for speed is taken back, once there is much of it.
            filled.compact()
            guard filled.memoryBytes <= most / 2 else { throw .tooLarge }
            guard !queue.isStopped else { throw .stopped }
        }
        if work.directory.isResumable {
            try store(filled, shard)
            try work.keep(record, of: shard, data: Self.dataEnding)
            set.formUnion(filled)
            guard set.memoryBytes <= mostBytes else { throw .tooLarge }
        }
        mine.pieces[shard.side, default: []] += record.pieces
    }

    private func store(_ set: OrderSet, _ shard: DiffShard) throws(ReadStop) {
        do throws(FileFault) {
            let file = try WorkFile(work.directory.file(shard.key + Self.dataEnding))
            try set.store { bytes throws(FileFault) in try file.append(bytes) }
            try file.finish()
        } catch {
            throw .output(error)
        }
        work.directory.step()
    }

    private func stored(_ shard: DiffShard) -> OrderSet? {
        let path = work.directory.file(shard.key + Self.dataEnding)
        guard let bytes = try? FileBytes.read(path, most: 1 << 32) else { return nil }
        return bytes.withUnsafeBytes { try? OrderSet(stored: $0) }
    }

    private func compare(_ all: inout Harvest) throws(ReadStop) -> DiffOutcome {
        var tallies: [DiffSide: Tally] = [:]
        for side in work.sides {
            let set = all.sets[side] ?? OrderSet()
            all.sets[side] = set
            let most = work.roomBytes / 4
            let leftOut = try work.settle(side, all.pieces[side] ?? []) { id throws(ReadStop) in
                set.insert(id)
                guard set.memoryBytes <= most else { throw .tooLarge }
            }
            tallies[side] = (all.pieces[side] ?? []).total
            tallies[side]?.leaveOut(leftOut)
        }
        let none = OrderSet()
        let should = all.sets[.should] ?? none
        let sent = all.sets[.sent] ?? none
        let queued = all.sets[.queued] ?? none
        var outcome = DiffOutcome(way: .sets)
        for (side, set) in all.sets { outcome.counts[side] = set.count }
        outcome.reused = all.reused
        outcome.shards = work.shards.count
        outcome.tallies = tallies
        let open = should.minus(sent)
        outcome.delivered = should.count - open.count
        outcome.stillQueued = queued.isEmpty ? 0 : open.intersection(queued).count
        outcome.queuedNotDue = queued.isEmpty ? 0 : queued.minus(should).count
        outcome.missing = try write(queued.isEmpty ? open : open.minus(queued), DiffOutput.missingName)
        outcome.unexpected = try write(sent.minus(should), DiffOutput.unexpectedName)
        return outcome
    }

    private func write(_ set: OrderSet, _ name: String) throws(ReadStop) -> Int {
        let list = try output.list(name)
        try set.forEach { id throws(ReadStop) in try list.add(id) }
        try list.finish()
        work.directory.step()
        return list.count
    }
}
