import CampaignFiles
import Glibc

/// Ascending runs of several files as one ascending stream: a heap of the runs' next IDs. One thread's.
struct RunMerge<ID: DiffID>: ~Copyable {
    /// One run as it is read, through a buffer of its own.
    private final class Cursor {
        let descriptor: Int32
        let path: String
        private var offset: off_t
        private var left: Int
        private let room: UnsafeMutableBufferPointer<ID>
        private var (at, filled) = (0, 0)
        /// Of what was read so far, and what it has to be in the end.
        private var sum: UInt64 = 0
        private let wholeSum: UInt64

        init(_ run: SortedRun, descriptor: Int32, path: String, roomIDs: Int) {
            self.descriptor = descriptor
            self.path = path
            offset = off_t(run.offset)
            left = run.count
            wholeSum = run.sum
            room = .allocate(capacity: min(roomIDs, max(1, run.count)))
        }

        deinit { room.deallocate() }

        func next() throws(FileFault) -> ID? {
            if at == filled {
                guard left > 0 else { return nil }
                let bytes = min(left, room.count) * MemoryLayout<ID>.size
                let got = pread(descriptor, room.baseAddress, bytes, offset)
                guard got == bytes else { throw FileFault(path: path, reason: "cannot be read back") }
                (at, filled) = (0, got / MemoryLayout<ID>.size)
                offset += off_t(got)
                left -= filled
                sum = SortedRun.sum(UnsafeRawBufferPointer(start: room.baseAddress, count: got), after: sum)
                guard left > 0 || sum == wholeSum else {
                    // Made again by the next run.
                    unlink(path)
                    throw FileFault(path: path, reason: "was damaged; run it again")
                }
            }
            at += 1
            return room[at - 1]
        }
    }

    private var heap: [(id: ID, cursor: Cursor)] = []
    private var descriptors: [Int32] = []

    /// - Parameter bytes: of all buffers together.
    init(_ results: [GroupResult], _ kind: ListKind, bytes: Int) throws(FileFault) {
        let count = results.reduce(0) { sum, result in sum + result.runs.count { $0.kind == kind } }
        let roomIDs = max(64, min(1 << 13, bytes / max(1, count) / MemoryLayout<ID>.size))
        for result in results {
            let runs = result.runs.filter { $0.kind == kind }
            guard !runs.isEmpty else { continue }
            let descriptor = open(result.path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw FileFault(path: result.path, reason: String(cString: strerror(errno)))
            }
            descriptors.append(descriptor)
            for run in runs {
                let cursor = Cursor(run, descriptor: descriptor, path: result.path, roomIDs: roomIDs)
                if let id = try cursor.next() { heap.append((id, cursor)) }
            }
        }
        for index in stride(from: heap.count / 2, through: 0, by: -1) { sink(index) }
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    mutating func next() throws(FileFault) -> ID? {
        guard let first = heap.first else { return nil }
        if let id = try first.cursor.next() {
            heap[0].id = id
        } else {
            heap[0] = heap[heap.count - 1]
            heap.removeLast()
        }
        sink(0)
        return first.id
    }

    /// Lets an entry down to where those below it are larger.
    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            var least = index * 2 + 1
            guard least < heap.count else { return }
            if least + 1 < heap.count, heap[least + 1].id < heap[least].id { least += 1 }
            guard heap[least].id < heap[index].id else { return }
            heap.swapAt(least, index)
            index = least
        }
    }
}
