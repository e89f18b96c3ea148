import CampaignFiles
import Glibc
import Wire

/// IDs divided by the upper bits of their mix, so that what is equal lies together whichever side it is of.
enum Partitions {
    static let bits = 10
    static let count = 1 << bits
    /// Partitions that are compared, and kept, together.
    static let groups = 64
    static let groupSize = count / groups

    /// Of IDs in whatever order: they are mixed, so that what is lost or damaged shows.
    static func sum(_ ids: UnsafeRawBufferPointer) -> UInt64 {
        ids.bindMemory(to: UInt64.self).reduce(0, &+)
    }

    @inline(__always)
    static func of<ID: DiffID>(_ mixed: ID) -> Int {
        Int(truncatingIfNeeded: mixed &>> ID(truncatingIfNeeded: ID.bitWidth &- bits))
    }
}

/// Where in a spill file some IDs of one partition lie.
struct SpillExtent: Equatable, Sendable {
    let partition: UInt32
    let count: UInt32
    let offset: UInt64
}

/// Writes the mixed IDs of one shard after another, divided into partitions, each shard to a file of its own.
///
/// The file (native byte order; it never leaves the machine): stretches of IDs, each of one partition; then
/// the extents, 16 bytes each; the wrapping sum of the words of each partition's IDs (UInt64); the number of
/// extents (UInt64); the CRC-32 of all from the extents on (UInt64).
///
/// One thread's. Memory: a buffer for each partition, taken once.
final class SpillWriter<ID: DiffID> {
    private let roomIDs: Int
    private let buffers: UnsafeMutablePointer<ID>
    private let fill: UnsafeMutablePointer<Int>
    private let sums: UnsafeMutablePointer<UInt64>
    private var extents: [SpillExtent] = []
    private var file: WorkFile?

    /// - Parameter bytes: what it may take of memory.
    init(bytes: Int) {
        roomIDs = max(64, min(16 << 10, bytes / Partitions.count) / MemoryLayout<ID>.size)
        buffers = .allocate(capacity: roomIDs * Partitions.count)
        fill = .allocate(capacity: Partitions.count)
        fill.initialize(repeating: 0, count: Partitions.count)
        sums = .allocate(capacity: Partitions.count)
        sums.initialize(repeating: 0, count: Partitions.count)
    }

    deinit {
        buffers.deallocate()
        fill.deallocate()
        sums.deallocate()
    }

    func begin(_ path: String) throws(ReadStop) {
        fill.update(repeating: 0, count: Partitions.count)
        sums.update(repeating: 0, count: Partitions.count)
        extents.removeAll(keepingCapacity: true)
        do { file = try WorkFile(path) } catch { throw .output(error) }
    }

    func take(_ ids: UnsafeBufferPointer<ID>) throws(ReadStop) {
        for id in ids {
            let mixed = ID.scramble(id)
            let partition = Partitions.of(mixed)
            let place = fill[partition]
            buffers[partition &* roomIDs &+ place] = mixed
            fill[partition] = place &+ 1
            if place &+ 1 == roomIDs { try flush(partition) }
        }
    }

    private func flush(_ partition: Int) throws(ReadStop) {
        guard let file, fill[partition] > 0 else { return }
        let ids = UnsafeBufferPointer(start: buffers + partition * roomIDs, count: fill[partition])
        fill[partition] = 0
        sums[partition] &+= Partitions.sum(UnsafeRawBufferPointer(ids))
        extents.append(
            SpillExtent(partition: UInt32(partition), count: UInt32(ids.count), offset: file.written))
        do { try file.append(UnsafeRawBufferPointer(ids)) } catch { throw .output(error) }
    }

    func finish() throws(ReadStop) {
        for partition in 0..<Partitions.count { try flush(partition) }
        guard let file else { return }
        extents.sort { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
        do throws(FileFault) {
            var sum: UInt32 = 0
            let sides = UnsafeMutableRawBufferPointer.allocate(
                byteCount: extents.count * Spill<ID>.extentBytes + Partitions.count * 8 + 8, alignment: 8)
            defer { sides.deallocate() }
            for (index, extent) in extents.enumerated() {
                sides.storeBytes(
                    of: extent, toByteOffset: index * Spill<ID>.extentBytes, as: SpillExtent.self)
            }
            var at = extents.count * Spill<ID>.extentBytes
            for partition in 0..<Partitions.count {
                sides.storeBytes(of: sums[partition], toByteOffset: at, as: UInt64.self)
                at += 8
            }
            sides.storeBytes(of: UInt64(extents.count), toByteOffset: at, as: UInt64.self)
            sum = crc32(UnsafeRawBufferPointer(sides), after: sum)
            try file.append(UnsafeRawBufferPointer(sides))
            sides.storeBytes(of: UInt64(sum), as: UInt64.self)
            try file.append(UnsafeRawBufferPointer(rebasing: sides[..<8]))
            try file.finish()
        } catch {
            throw .output(error)
        }
        self.file = nil
    }
}

/// A spill file that is read. Any thread: it is not changed, and read by place.
final class Spill<ID: DiffID>: Sendable {
    static var extentBytes: Int { MemoryLayout<SpillExtent>.stride }

    let side: DiffSide
    let path: String
    private let descriptor: Int32
    private let extents: [SpillExtent]
    /// Of each partition, and one beyond.
    private let starts: [Int]
    private let sums: [UInt64]

    /// - Throws: where it is not whole.
    init(_ path: String, side: DiffSide) throws(FileFault) {
        (self.path, self.side) = (path, side)
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFault(path: path, reason: String(cString: strerror(errno))) }
        let size = lseek(descriptor, 0, SEEK_END)
        var tail: (count: UInt64, sum: UInt64) = (0, 0)
        let file = descriptor
        let got = withUnsafeMutableBytes(of: &tail) { pread(file, $0.baseAddress, 16, size - 16) }
        let bytes = Int(clamping: tail.count).multipliedReportingOverflow(by: Self.extentBytes)
        let all = bytes.partialValue + Partitions.count * 8 + 8
        guard got == 16, !bytes.overflow, all + 8 <= size else {
            close(descriptor)
            throw FileFault(path: path, reason: "is not whole")
        }
        let side = UnsafeMutableRawBufferPointer.allocate(byteCount: all, alignment: 8)
        defer { side.deallocate() }
        guard pread(descriptor, side.baseAddress, all, size - off_t(all) - 8) == all,
            UInt64(crc32(UnsafeRawBufferPointer(side), after: 0)) == tail.sum
        else {
            close(descriptor)
            throw FileFault(path: path, reason: "is damaged")
        }
        extents = (0..<Int(tail.count)).map {
            side.load(fromByteOffset: $0 * Self.extentBytes, as: SpillExtent.self)
        }
        sums = (0..<Partitions.count).map {
            side.load(fromByteOffset: bytes.partialValue + $0 * 8, as: UInt64.self)
        }
        var starts: [Int] = []
        starts.reserveCapacity(Partitions.count + 1)
        var at = 0
        for partition in 0...Partitions.count {
            while at < extents.count, extents[at].partition < partition { at += 1 }
            starts.append(at)
        }
        self.starts = starts
    }

    deinit { close(descriptor) }

    /// IDs of a partition.
    func count(_ partition: Int) -> Int {
        extents[starts[partition]..<starts[partition + 1]].reduce(0) { $0 + Int($1.count) }
    }

    /// Reads a partition through a buffer, and compares it with its sum at the end.
    func read(
        _ partition: Int, through room: UnsafeMutableBufferPointer<ID>,
        _ each: (UnsafeBufferPointer<ID>) -> Void
    ) throws(FileFault) {
        var sum: UInt64 = 0
        for extent in extents[starts[partition]..<starts[partition + 1]] {
            var (offset, left) = (off_t(extent.offset), Int(extent.count))
            while left > 0 {
                let bytes = min(left, room.count) * MemoryLayout<ID>.size
                let got = pread(descriptor, room.baseAddress, bytes, offset)
                if got < 0, errno == EINTR { continue }
                guard got > 0, got % MemoryLayout<ID>.size == 0 else {
                    throw FileFault(path: path, reason: "cannot be read back")
                }
                let ids = UnsafeBufferPointer(rebasing: room[..<(got / MemoryLayout<ID>.size)])
                sum &+= Partitions.sum(UnsafeRawBufferPointer(ids))
                each(ids)
                offset += off_t(got)
                left -= ids.count
            }
        }
        guard sum == sums[partition] else {
            // Made again by the next run.
            unlink(path)
            throw FileFault(path: path, reason: "was damaged; run it again")
        }
    }
}
