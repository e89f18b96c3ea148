import Orders

/// The claims of one loop for one shard: who waits, what is on its way to Redis, and the next free number.
///
/// ```
///            add, putBack                 next                     ended
///   waiting ──────────────▶ waiting ─────────────────▶ in flight ─────────▶ waiting
///                                   at most `maxBatch`,   one at a time
/// ```
///
/// The numbers of the lane belong to this loop alone, so that the script is told the first one and numbers
/// what it accepts. With one batch in flight the next batch begins behind the numbers that were used. A
/// batch of which no reply came may have used any of its range: the whole range is burnt.
struct ShardBatcher<Item> {
    /// A batch as it leaves.
    struct Batch {
        let lane: UInt32
        let firstSequence: UInt32
        let items: [Item]
    }

    enum Next {
        /// Nobody waits, a batch is in flight already, or there is no lane.
        case nothing
        case send(Batch)
        /// The lane has no numbers left in this shard: a new lane is needed.
        case laneFull
    }

    /// What became of the batch in flight.
    enum Ending: Sendable {
        /// The script ran and accepted this many.
        case decided(accepted: Int)
        /// The script may have run.
        case unknown
        /// The script did surely not run.
        case notApplied
    }

    private let maxBatch: Int
    private let maxWaiting: Int
    /// Numbers that a lane has in a shard.
    private let sequences: UInt32

    private var waiting: [Item] = []
    /// Of `waiting`, how many at the front have left already.
    private var taken = 0
    private var inFlight: (lane: UInt32, count: UInt32)?
    private(set) var lane: UInt32?
    private(set) var nextSequence: UInt32 = 0
    /// Numbers burnt by unknown replies, in all lanes.
    private(set) var burnt: UInt64 = 0

    init(maxBatch: Int, maxWaiting: Int, sequences: UInt32 = OrderID.sequencesPerLane) {
        precondition(maxBatch > 0 && maxWaiting >= maxBatch)
        self.maxBatch = maxBatch
        self.maxWaiting = maxWaiting
        self.sequences = sequences
    }

    var waitingCount: Int { waiting.count - taken }
    var isInFlight: Bool { inFlight != nil }

    /// False when too many wait already; the item is then not kept.
    mutating func add(_ item: Item) -> Bool {
        guard waitingCount < maxWaiting else { return false }
        waiting.append(item)
        return true
    }

    /// Items that were let in before and must go again, behind a draw of stock; the maximum does not count
    /// for them.
    mutating func putBack(_ items: [Item]) {
        waiting.append(contentsOf: items)
    }

    /// Takes the next batch, if one may leave now.
    mutating func next() -> Next {
        guard inFlight == nil, waitingCount > 0, let lane else { return .nothing }
        let room = Int(sequences - nextSequence)
        guard room > 0 else { return .laneFull }
        let count = min(waitingCount, maxBatch, room)
        let items = Array(waiting[taken..<taken + count])
        taken += count
        // Moved up only when most of the array is behind us, so that a long queue costs no more an item.
        if taken == waiting.count || taken > 4 * maxBatch {
            waiting.removeFirst(taken)
            taken = 0
        }
        inFlight = (lane, UInt32(count))
        return .send(Batch(lane: lane, firstSequence: nextSequence, items: items))
    }

    /// The batch in flight has come to an end.
    mutating func ended(_ ending: Ending) {
        guard let batch = inFlight else { preconditionFailure("no batch is in flight") }
        inFlight = nil
        let used: UInt32
        switch ending {
        case .decided(let accepted):
            precondition(accepted <= Int(batch.count))
            used = UInt32(accepted)
        case .unknown:
            used = batch.count
            burnt += UInt64(used)
        case .notApplied: used = 0
        }
        // Of a lane that was left meanwhile no number is given out any more.
        if batch.lane == lane { nextSequence += used }
    }

    /// Numbers in a lane from now on. The same lane again (a connection that came back) goes on where it was.
    mutating func adopt(lane: UInt32) {
        guard lane != self.lane else { return }
        self.lane = lane
        nextSequence = 0
    }

    /// No claims any more until a lane is adopted. Gives back who waits; what is in flight still ends.
    mutating func pause() -> [Item] {
        let left = Array(waiting[taken...])
        waiting.removeAll(keepingCapacity: true)
        taken = 0
        return left
    }
}
