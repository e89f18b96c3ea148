import CampaignFiles
import Glibc
import Orders
import Synchronization

/// Facts of all orders, put aside by shard: in memory up to a bound, beyond it in one file that has no name,
/// so that nothing is left of it however the process ends.
///
/// Filled by many threads, each through a ``FactWriter`` of its own; what one of them has added comes back in
/// its order.
final class FactStore: Sendable {
    /// Facts in memory, bytes.
    static let maxInMemory = 64 << 20
    /// Read back at a time, bytes.
    private static let readAtOnce = 1 << 20

    private struct Extent {
        var offset: Int
        var count: Int
    }

    private struct State {
        /// By shard; empty once there is a file.
        var fresh: [[UInt8]]
        var freshBytes = 0
        /// By shard.
        var extents: [[Extent]]
        var file: Int32 = -1
        var fileBytes = 0
        var facts = 0
    }

    /// Shards of the campaign; one more holds orders of shards that it does not have.
    let shards: Int
    private let directory: String
    private let maxInMemory: Int
    private let state: Mutex<State>

    /// - Parameter directory: where the file goes, if there must be one; it takes about 160 bytes an order.
    init(shards: Int, directory: String, maxInMemory: Int = FactStore.maxInMemory) {
        self.shards = shards
        self.directory = directory
        self.maxInMemory = maxInMemory
        state = Mutex(
            State(
                fresh: Array(repeating: [], count: shards + 1),
                extents: Array(repeating: [], count: shards + 1)))
    }

    deinit {
        let file = state.withLock { $0.file }
        if file >= 0 { close(file) }
    }

    /// Where an order's facts are kept: its shard, or the place behind the last one.
    func place(_ id: OrderID) -> Int { min(Int(id.shard), shards) }

    /// Facts added so far.
    var count: Int { state.withLock { $0.facts } }
    /// Bytes in the file.
    var spilled: Int { state.withLock { $0.fileBytes } }

    fileprivate func add(_ bytes: inout [UInt8], place: Int, facts: Int) throws(FileFault) {
        let fault = state.withLock { state -> FileFault? in
            state.facts += facts
            do throws(FileFault) {
                if state.file >= 0 {
                    try write(bytes, place, &state)
                } else {
                    state.fresh[place] += bytes
                    state.freshBytes += bytes.count
                    if state.freshBytes > maxInMemory { try spill(&state) }
                }
                return nil
            } catch {
                return error
            }
        }
        if let fault { throw fault }
        bytes.removeAll(keepingCapacity: true)
    }

    /// From now on everything goes to the file at once.
    private func spill(_ state: inout State) throws(FileFault) {
        state.file = try AnonymousFile.open(in: directory)
        for place in state.fresh.indices where !state.fresh[place].isEmpty {
            try write(state.fresh[place], place, &state)
            state.fresh[place] = []
        }
        state.freshBytes = 0
    }

    private func write(_ bytes: [UInt8], _ place: Int, _ state: inout State) throws(FileFault) {
        try AnonymousFile.write(bytes, to: state.file, at: state.fileBytes, directory)
        state.extents[place].append(Extent(offset: state.fileBytes, count: bytes.count))
        state.fileBytes += bytes.count
    }

    /// Every fact of a shard, after all writers have ended.
    func each(_ place: Int, _ body: (Fact) -> Void) throws(FileFault) {
        let (fresh, extents, file) = state.withLock { ($0.fresh[place], $0.extents[place], $0.file) }
        var left = [UInt8]()
        for extent in extents {
            for start in stride(from: 0, to: extent.count, by: Self.readAtOnce) {
                let count = min(Self.readAtOnce, extent.count - start)
                left += try AnonymousFile.read(file, at: extent.offset + start, count: count, directory)
                left.removeFirst(Self.hand(left, body))
            }
        }
        _ = Self.hand(fresh, body)
    }

    /// Hands on what stands whole in the bytes, and says how many those were.
    private static func hand(_ bytes: [UInt8], _ body: (Fact) -> Void) -> Int {
        bytes.withUnsafeBytes { buffer in
            var at = 0
            while let fact = Fact.next(buffer, &at) { body(fact) }
            return at
        }
    }
}

/// One thread's way into a ``FactStore``.
struct FactWriter {
    /// Bytes of a shard that wait before the store's lock is taken for them.
    private static let batch = 32 << 10

    let store: FactStore
    private var waiting: [[UInt8]]
    private var counts: [Int]

    init(_ store: FactStore) {
        self.store = store
        waiting = Array(repeating: [], count: store.shards + 1)
        counts = Array(repeating: 0, count: store.shards + 1)
    }

    mutating func add(_ fact: Fact) throws(FileFault) {
        let place = store.place(fact.id)
        fact.write(to: &waiting[place])
        counts[place] += 1
        if waiting[place].count >= Self.batch { try flush(place) }
    }

    /// Everything is in the store then.
    mutating func end() throws(FileFault) {
        for place in waiting.indices where !waiting[place].isEmpty { try flush(place) }
    }

    private mutating func flush(_ place: Int) throws(FileFault) {
        try store.add(&waiting[place], place: place, facts: counts[place])
        counts[place] = 0
    }
}
