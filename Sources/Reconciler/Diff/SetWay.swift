import CampaignFiles
import Glibc
import OrderSets
import Synchronization

/// Compares lists of dense IDs as sets in memory: each thread fills sets of its own, which are united at the
/// end, so that nothing is shared while it is filled.
struct SetWay: Sendable {
    private static let dataEnding = ".set"
    /// After so many IDs a set tells whether they are dense at all: then there are several to a block. Where
    /// they are not, and there is much to read, nothing is gained by filling it until it is too large.
    private static let sampleIDs = 1 << 16
    private static let leastADenseBlock = 2
    /// Lists of fewer bytes than this are read to their end before anything is said of them.
    private static let muchBytes: UInt64 = 8 << 20

    private let work: DiffWork
    private let output: DiffOutput
    /// Of one set while it is filled. There are as many as threads times sides, and beside them at the end
    /// the lists themselves: a quarter is left for those.
    private let mostBytes: Int
    private let isMuch: Bool

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
        isMuch = work.shards.reduce(0) { $0 + $1.bytes } > Self.muchBytes
    }

    /// - Throws: ``ReadStop/tooLarge`` when the sets would take more memory than there is.
    func run() throws(ReadStop) -> DiffOutcome {
        let queue = WorkQueue(inTwoDirections)
        let harvest = Mutex(Harvest())
        let elsewhere = Mutex<[DiffShard]>([])
        ReaderThreads.run(work.threads) { [self] thread in
            var mine = Harvest()
            do throws(ReadStop) {
                while let shard = queue.next(fromBack: thread % 2 == 1) {
                    if work.directory.claim(shard) {
                        try self.read(shard, into: &mine, queue)
                    } else {
                        elsewhere.withLock { $0.append(shard) }
                    }
                }
                // Whoever assists has done these, or has died over them.
                while let shard = elsewhere.withLock({ $0.popLast() }) {
                    _ = work.directory.claim(shard, waiting: true)
                    try self.read(shard, into: &mine, queue)
                }
            } catch {
                queue.stop(error)
            }
            guard queue.reason == nil else { return }
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

    /// Reads and keeps shards that nobody else has; how many.
    ///
    /// - Throws: ``ReadStop/tooLarge`` when they are not for sets.
    func assist() throws(ReadStop) -> Int {
        let queue = WorkQueue(inTwoDirections)
        let done = Atomic<Int>(0)
        ReaderThreads.run(work.threads) { [self] thread in
            do throws(ReadStop) {
                while let shard = queue.next(fromBack: thread % 2 == 1) {
                    guard !work.directory.isExternal else { throw .tooLarge }
                    guard work.isOpen(shard, data: Self.dataEnding) else { continue }
                    var mine = Harvest()
                    try self.read(shard, into: &mine, queue)
                    done.add(1, ordering: .relaxed)
                }
            } catch {
                queue.stop(error)
            }
        }
        if let reason = queue.reason { throw reason }
        return done.load(ordering: .relaxed)
    }

    /// One side from the front, the other from the back, and in the middle the shortest: while threads come
    /// from both ends, each fills a set of one side, and not one of each.
    private var inTwoDirections: [DiffShard] {
        work.shards.filter { $0.side != .sent } + work.shards.filter { $0.side == .sent }.reversed()
    }

    private func read(
        _ shard: DiffShard, into mine: inout Harvest, _ queue: WorkQueue<DiffShard>
    ) throws(ReadStop) {
        let set = mine.sets[shard.side] ?? OrderSet()
        mine.sets[shard.side] = set
        if let record = work.record(of: shard, data: Self.dataEnding), isStored(shard, into: set) {
            guard set.memoryBytes <= mostBytes else { throw .tooLarge }
            mine.pieces[shard.side, default: []] += record.pieces
            mine.reused += 1
            return
        }
        // What is kept must hold this shard alone.
        let filled = work.directory.isResumable ? OrderSet() : set
        let (most, isMuch) = (mostBytes, isMuch)
        var isSampled = false
        let record = try work.read(shard, UInt64.self) { ids throws(ReadStop) in
            filled.insert(ids)
            guard !queue.isStopped else { throw .stopped }
            if isMuch, !isSampled, filled.count >= Self.sampleIDs {
                isSampled = true
                guard filled.blockCount * Self.leastADenseBlock <= filled.count else { throw .tooLarge }
            }
            guard filled.memoryBytes > most else { return }
            // Room that was given for speed is taken back, once there is much of it.
            filled.compact()
            guard filled.memoryBytes <= most / 2 else { throw .tooLarge }
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

    /// Adds what an earlier run has kept of a shard; nothing when it cannot be used.
    private func isStored(_ shard: DiffShard, into set: OrderSet) -> Bool {
        let path = work.directory.file(shard.key + Self.dataEnding)
        guard let bytes = try? FileBytes.read(path, most: 1 << 32) else { return false }
        return bytes.withUnsafeBytes { (try? set.formUnion(stored: $0)) != nil }
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
