import CampaignFiles
import Glibc

/// What both ways of comparing share: what is read, how, and where it is kept meanwhile.
struct DiffWork: Sendable {
    /// Of the process itself, beside what it holds of the lists: code, stacks, read buffers.
    static let ownBytes = 48 << 20
    static let leastMemory = 96 << 20

    let shards: [DiffShard]
    let lanes: Set<UInt32>?
    /// The bound of the whole process.
    let memoryBytes: Int
    let threads: Int
    let isPartAllowed: Bool
    let directory: WorkDirectory
    var sides: [DiffSide] { DiffSide.allCases.filter { side in shards.contains { $0.side == side } } }

    /// For lists.
    var roomBytes: Int { memoryBytes - Self.ownBytes }

    /// Reads the pieces of a shard. What can be read both ways goes into a file of its own, since only the
    /// rest of its file decides.
    func read<ID: DiffID>(
        _ shard: DiffShard, _ type: ID.Type,
        take: @escaping (UnsafeBufferPointer<ID>) throws(ReadStop) -> Void
    ) throws(ReadStop) -> ShardRecord {
        let both = BothWays(directory.file("\(shard.key).both"))
        var record = ShardRecord(pieces: [])
        for (index, piece) in shard.pieces.enumerated() {
            let reader = PieceReader<ID>(
                piece: piece, lanes: lanes, isPartAllowed: isPartAllowed, take: take
            ) { _, id throws(ReadStop) in
                try both.add(UInt64(truncatingIfNeeded: id), piece: index)
            }
            record.pieces.append(try reader.read())
        }
        try both.finish()
        record.bothSum = both.sum
        return record
    }

    /// Whether one who assists has a shard to do: nobody else has it, and it is not done.
    func isOpen(_ shard: DiffShard, data: String) -> Bool {
        !directory.isGone && directory.claim(shard) && record(of: shard, data: data) == nil
    }

    /// What an earlier run has told of a shard; nil when nothing is there that can be used.
    func record(of shard: DiffShard, data: String) -> ShardRecord? {
        guard directory.isResumable, access(directory.file("\(shard.key)\(data)"), R_OK) == 0,
            let bytes = try? FileBytes.read(
                directory.file("\(shard.key)\(data).shard"), most: ShardRecord.maxBytes),
            let record = ShardRecord(stored: bytes), record.pieces.count == shard.pieces.count,
            record.bothSum == BothWays.sum(directory.file("\(shard.key).both"))
        else { return nil }
        return record
    }

    /// Keeps what a shard has told. Its data stand already.
    func keep(_ record: ShardRecord, of shard: DiffShard, data: String) throws(ReadStop) {
        // What could not be read whole may be readable next time.
        guard directory.isResumable else { return }
        let path = directory.file("\(shard.key)\(data).shard")
        guard record.pieces.allSatisfy(\.tally.unread.isEmpty) else {
            unlink(path)
            return
        }
        do throws(FileFault) {
            let file = try WorkFile(path)
            try file.append(record.stored)
            try file.finish()
        } catch {
            throw .output(error)
        }
        directory.step()
    }

    /// The IDs of a side that could be read both ways, now that all of the side is known.
    ///
    /// - Returns: how many are left out, since they are of lanes that nobody knows.
    func settle(
        _ side: DiffSide, _ pieces: [PieceTally], _ take: (UInt64) throws(ReadStop) -> Void
    ) throws(ReadStop) -> Int {
        let textFiles = pieces.textFiles
        var leftOut = 0
        for shard in shards where shard.side == side {
            let isText = shard.pieces.map { textFiles.contains($0.file.name) }
            try BothWays.read(directory.file("\(shard.key).both")) { id, piece throws(ReadStop) in
                guard piece < isText.count else { return }
                let id = isText[piece] ? BothWays.asText(id) : id
                if let lanes, !lanes.contains(UInt32(truncatingIfNeeded: id >> 32)) {
                    leftOut += 1
                } else {
                    try take(id)
                }
            }
        }
        return leftOut
    }
}
