import CampaignFiles
import Glibc
import Wire

/// What an ID was found to be that belongs into a list.
enum ListKind: UInt64, CaseIterable, Sendable {
    case missing = 1
    case unexpected = 2
}

/// A stretch of ascending IDs in a file.
struct SortedRun: Equatable, Sendable {
    let kind: ListKind
    let offset: UInt64
    let count: Int
    /// Of its IDs.
    let sum: UInt64

    /// The words of a record.
    static let words = 4

    /// The sum of more IDs, after those whose sum is `sum`: whatever a disk may have made of them changes it.
    static func sum(_ ids: UnsafeRawBufferPointer, after sum: UInt64) -> UInt64 {
        ids.bindMemory(to: UInt64.self).reduce(sum) { splitMix64($0 ^ $1) }
    }
}

/// What the comparison of a group of partitions has brought: counts, and ascending runs of the IDs that
/// belong into lists, in a file (native byte order): the runs; then kind, offset, count and sum of each
/// (UInt64); the eight counts by marks; the number of runs; and the CRC-32 of all from the runs' places on
/// (UInt64 each).
///
/// One thread's. Memory: as many IDs as it may hold before it writes a run.
final class GroupResultWriter<ID: DiffID> {
    private let most: Int
    private var lists: [ListKind: [ID]] = [:]
    private var runs: [SortedRun] = []
    private let file: WorkFile
    var counts = SideCounts()
    /// The first fault of writing; what came after it is void.
    private var fault: FileFault?

    /// - Parameter bytes: of the IDs that are kept before a run is written.
    init(_ path: String, bytes: Int) throws(FileFault) {
        most = max(1 << 10, bytes / MemoryLayout<ID>.size)
        file = try WorkFile(path)
    }

    func add(_ id: ID, _ kind: ListKind) {
        lists[kind, default: []].append(id)
        if lists[kind]?.count ?? 0 >= most { flush(kind) }
    }

    private func flush(_ kind: ListKind) {
        guard var ids = lists.removeValue(forKey: kind), fault == nil else { return }
        ids.sort()
        do throws(FileFault) {
            let view = UnsafeMutableBufferPointer<ID>.allocate(capacity: ids.count)
            defer { view.deallocate() }
            _ = view.initialize(from: ids)
            let bytes = UnsafeRawBufferPointer(view)
            runs.append(
                SortedRun(
                    kind: kind, offset: file.written, count: ids.count,
                    sum: SortedRun.sum(bytes, after: 0)))
            try file.append(bytes)
        } catch {
            fault = error
        }
    }

    func finish() throws(FileFault) {
        for kind in ListKind.allCases { flush(kind) }
        if let fault { throw fault }
        var words: [UInt64] = []
        for run in runs { words += [run.kind.rawValue, run.offset, UInt64(run.count), run.sum] }
        words += counts.byMarks.map { UInt64($0) }
        words.append(UInt64(runs.count))
        let bytes = words.withUnsafeBytes { Array($0) }
        try file.append(bytes + withUnsafeBytes(of: UInt64(crc32(bytes))) { Array($0) })
        try file.finish()
    }
}

/// The same, read back.
struct GroupResult: Equatable, Sendable {
    /// Runs of one file; a larger number is none of ours.
    private static let maxRuns: UInt64 = 1 << 24

    let path: String
    private(set) var counts = SideCounts()
    private(set) var runs: [SortedRun] = []

    /// nil when it is not there or not whole: it is made again then.
    init?(_ path: String) {
        self.path = path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        func words(_ count: Int, before end: Int) -> [UInt64]? {
            guard end >= count * 8 else { return nil }
            var words = [UInt64](repeating: 0, count: count)
            let got = words.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress, count * 8, off_t(end - count * 8))
            }
            return got == count * 8 ? words : nil
        }
        guard let tail = words(2, before: size), tail[0] <= Self.maxRuns,
            let all = words(Int(tail[0]) * SortedRun.words + 9, before: size - 8),
            UInt64(all.withUnsafeBytes { crc32($0) }) == tail[1]
        else { return nil }
        for run in 0..<Int(tail[0]) {
            let record = all[(run * SortedRun.words)...].prefix(SortedRun.words).map { $0 }
            guard let kind = ListKind(rawValue: record[0]) else { return nil }
            runs.append(
                SortedRun(kind: kind, offset: record[1], count: Int(record[2]), sum: record[3]))
        }
        let counted = Int(tail[0]) * SortedRun.words
        for marks in 1..<8 { counts.add(Int(all[counted + marks]), marks: marks) }
    }
}
