import CampaignFiles
import Credentials
import Glibc
import Synchronization
import Wire

/// Compares lists of any IDs through the disk: both sides are divided alike by the mix of their IDs, then
/// partition by partition is compared in a hash table, so that memory does not follow the lists' lengths.
struct ExternalWay<ID: DiffID>: Sendable {
    private let work: DiffWork
    private let output: DiffOutput
    private static var dataEnding: String { ".spill" }
    /// IDs that are read back at a time.
    private static var readIDs: Int { (64 << 10) / MemoryLayout<ID>.size }

    private struct Harvest {
        var pieces: [DiffSide: [PieceTally]] = [:]
        var leftOut: [DiffSide: Int] = [:]
        var spills: [Spill<ID>] = []
        var reused = 0
    }

    init(_ work: DiffWork, _ output: DiffOutput) {
        self.work = work
        self.output = output
    }

    func run() throws(ReadStop) -> DiffOutcome {
        Self.allowManyFiles()
        let harvest = try divide()
        // What could not be read whole may be readable next time: then its results are void.
        let isWhole = harvest.pieces.values.joined().allSatisfy(\.tally.unread.isEmpty)
        let results = try compare(harvest.spills, isKept: isWhole && work.directory.isResumable)
        var outcome = DiffOutcome(way: .external)
        var counts = SideCounts()
        for result in results { counts.merge(result.counts) }
        for side in work.sides {
            outcome.counts[side] = counts.distinct(side)
            outcome.tallies[side] = (harvest.pieces[side] ?? []).total
            outcome.tallies[side]?.leaveOut(harvest.leftOut[side] ?? 0)
        }
        outcome.reused = harvest.reused
        outcome.shards = work.shards.count
        outcome.delivered = counts.delivered
        outcome.stillQueued = counts.stillQueued
        outcome.queuedNotDue = counts.queuedNotDue
        outcome.missing = try write(results, .missing, DiffOutput.missingName)
        outcome.unexpected = try write(results, .unexpected, DiffOutput.unexpectedName)
        guard outcome.missing == counts.missing, outcome.unexpected == counts.unexpected else {
            throw .output(FileFault(path: work.directory.path, reason: "the lists do not fit their counts"))
        }
        return outcome
    }

    /// A spill file is open for each shard.
    private static func allowManyFiles() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    // MARK: - First: both sides divided

    private func divide() throws(ReadStop) -> Harvest {
        let queue = WorkQueue(work.shards)
        let harvest = Mutex(Harvest())
        let elsewhere = Mutex<[DiffShard]>([])
        ReaderThreads.run(work.threads) { [self] _ in
            let writer = SpillWriter<ID>(bytes: work.roomBytes / 4 / work.threads)
            func take(_ shard: DiffShard) throws(ReadStop) {
                let (record, spill, isReused) = try self.divide(shard, writer, queue)
                harvest.withLock {
                    $0.pieces[shard.side, default: []] += record.pieces
                    $0.spills.append(spill)
                    $0.reused += isReused ? 1 : 0
                }
            }
            do throws(ReadStop) {
                while let shard = queue.next() {
                    if work.directory.claim(shard) {
                        try take(shard)
                    } else {
                        elsewhere.withLock { $0.append(shard) }
                    }
                }
                // Whoever assists has done these, or has died over them.
                while let shard = elsewhere.withLock({ $0.popLast() }) {
                    _ = work.directory.claim(shard, waiting: true)
                    try take(shard)
                }
            } catch {
                queue.stop(error)
            }
        }
        if let reason = queue.reason { throw reason }
        var all = harvest.withLock { $0 }
        for side in work.sides {
            if let (spill, leftOut) = try divideBothWays(side, all.pieces[side] ?? []) {
                all.spills.append(spill)
                all.leftOut[side] = leftOut
            }
        }
        return all
    }

    /// Divides and keeps shards that nobody else has; how many.
    func assist() throws(ReadStop) -> Int {
        Self.allowManyFiles()
        let queue = WorkQueue(work.shards)
        let done = Atomic<Int>(0)
        ReaderThreads.run(work.threads) { [self] _ in
            let writer = SpillWriter<ID>(bytes: work.roomBytes / 4 / work.threads)
            do throws(ReadStop) {
                while let shard = queue.next() {
                    guard work.isOpen(shard, data: Self.dataEnding) else { continue }
                    _ = try self.divide(shard, writer, queue)
                    done.add(1, ordering: .relaxed)
                }
            } catch {
                queue.stop(error)
            }
        }
        if let reason = queue.reason { throw reason }
        return done.load(ordering: .relaxed)
    }

    private func divide(
        _ shard: DiffShard, _ writer: SpillWriter<ID>, _ queue: WorkQueue<DiffShard>
    ) throws(ReadStop) -> (ShardRecord, Spill<ID>, isReused: Bool) {
        let path = work.directory.file(shard.key + Self.dataEnding)
        if let record = work.record(of: shard, data: Self.dataEnding),
            let spill = try? Spill<ID>(path, side: shard.side)
        {
            return (record, spill, true)
        }
        try writer.begin(path)
        let record = try work.read(shard, ID.self) { ids throws(ReadStop) in
            try writer.take(ids)
            guard !queue.isStopped else { throw .stopped }
        }
        try writer.finish()
        work.directory.step()
        try work.keep(record, of: shard, data: Self.dataEnding)
        do {
            return (record, try Spill(path, side: shard.side), false)
        } catch {
            throw .output(error)
        }
    }

    /// What could be read both ways, in a spill file of its own: made in every run.
    private func divideBothWays(
        _ side: DiffSide, _ pieces: [PieceTally]
    ) throws(ReadStop) -> (Spill<ID>, leftOut: Int)? {
        let path = work.directory.file("\(side.rawValue)-both\(Self.dataEnding)")
        let writer = SpillWriter<ID>(bytes: work.roomBytes / 4 / work.threads)
        try writer.begin(path)
        let one = UnsafeMutableBufferPointer<ID>.allocate(capacity: 1)
        defer { one.deallocate() }
        var taken = 0
        let leftOut = try work.settle(side, pieces) { id throws(ReadStop) in
            taken += 1
            one[0] = ID(truncatingIfNeeded: id)
            try writer.take(UnsafeBufferPointer(one))
        }
        guard taken + leftOut > 0 else { return nil }
        try writer.finish()
        do { return (try Spill(path, side: side), leftOut) } catch { throw .output(error) }
    }

    // MARK: - Second: partition by partition

    /// - Parameter isKept: an earlier run's results are taken, and these are left for a later one.
    private func compare(
        _ spills: [Spill<ID>], isKept: Bool
    ) throws(ReadStop) -> [GroupResult] {
        // A result belongs to these shards and no others.
        let keys = work.shards.map(\.key).sorted().joined(separator: " ")
        let sum = Hex.encode(bytes: Array(sha256(Array(keys.utf8))[..<16]))
        let name = isKept ? String(decoding: sum, as: UTF8.self) : "part"
        let queue = WorkQueue(Array(0..<Partitions.groups))
        let results = Mutex<[GroupResult]>([])
        ReaderThreads.run(work.threads) { [self] _ in
            let table = JoinTable<ID>(bytes: work.roomBytes / 2 / work.threads)
            let room = UnsafeMutableBufferPointer<ID>.allocate(capacity: Self.readIDs)
            defer { room.deallocate() }
            do throws(ReadStop) {
                while let group = queue.next() {
                    let path = work.directory.file("\(name)-\(group).result")
                    let result: GroupResult
                    if isKept, let there = GroupResult(path) {
                        result = there
                    } else {
                        result = try self.compare(group, spills, table, room, path)
                    }
                    results.withLock { $0.append(result) }
                }
            } catch {
                queue.stop(error)
            }
        }
        if let reason = queue.reason { throw reason }
        return results.withLock { $0 }
    }

    private func compare(
        _ group: Int, _ spills: [Spill<ID>], _ table: JoinTable<ID>, _ room: UnsafeMutableBufferPointer<ID>,
        _ path: String
    ) throws(ReadStop) -> GroupResult {
        do throws(FileFault) {
            let writer = try GroupResultWriter<ID>(path, bytes: work.roomBytes / 16 / work.threads)
            for partition in (group * Partitions.groupSize)..<((group + 1) * Partitions.groupSize) {
                let ids = spills.reduce(0) { $0 + $1.count(partition) }
                guard ids > 0 else { continue }
                let passes = table.passes(ids)
                for pass in 0..<passes {
                    table.begin(ids, passes: passes)
                    var isFull = false
                    for spill in spills {
                        let mark = ID(truncatingIfNeeded: spill.side.mark)
                        try spill.read(partition, through: room) { ids in
                            isFull = isFull || !table.add(ids, mark: mark, pass: ID(truncatingIfNeeded: pass))
                        }
                    }
                    guard !isFull else {
                        throw FileFault(path: path, reason: "too many IDs for --memory")
                    }
                    table.end(
                        partition: partition, &writer.counts,
                        missing: { writer.add($0, .missing) }, unexpected: { writer.add($0, .unexpected) })
                }
            }
            try writer.finish()
        } catch {
            throw .output(error)
        }
        work.directory.step()
        guard let result = GroupResult(path) else {
            throw .output(FileFault(path: path, reason: "cannot be read back"))
        }
        return result
    }

    // MARK: - Third: the lists

    private func write(_ results: [GroupResult], _ kind: ListKind, _ name: String) throws(ReadStop) -> Int {
        let list = try output.list(name)
        if output.directory == nil {
            return results.reduce(0) { sum, result in
                sum + result.runs.reduce(0) { $0 + ($1.kind == kind ? $1.count : 0) }
            }
        }
        do throws(FileFault) {
            var merge = try RunMerge<ID>(results, kind, bytes: work.roomBytes / 4)
            while let id = try merge.next() {
                do { try list.add(id) } catch { throw FileFault(path: name, reason: "\(error)") }
            }
        } catch {
            throw .output(error)
        }
        try list.finish()
        work.directory.step()
        return list.count
    }
}
