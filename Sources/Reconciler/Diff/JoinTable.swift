/// How many distinct IDs stand in which sides: by the sum of the sides' marks.
struct SideCounts: Equatable, Sendable {
    private(set) var byMarks = [Int](repeating: 0, count: 8)

    init() {}

    mutating func add(_ count: Int, marks: Int) { byMarks[marks] += count }

    mutating func merge(_ other: SideCounts) {
        for marks in 1..<8 { byMarks[marks] += other.byMarks[marks] }
    }

    func distinct(_ side: DiffSide) -> Int {
        (1..<8).reduce(0) { $0 + ($1 & Int(side.mark) != 0 ? byMarks[$1] : 0) }
    }

    /// In should and in sent.
    var delivered: Int { byMarks[3] + byMarks[7] }
    /// In should and in queued, not in sent.
    var stillQueued: Int { byMarks[5] }
    /// In should alone.
    var missing: Int { byMarks[1] }
    /// In sent and not in should.
    var unexpected: Int { byMarks[2] + byMarks[6] }
    /// In queued and not in should.
    var queuedNotDue: Int { byMarks[4] + byMarks[6] }
}

/// A hash table of the IDs of one partition, or of a part of one, each with the sides in which it stands.
///
/// IDs of a partition share the upper bits of their mix; what is left is moved up, and the lowest bits hold
/// the marks, so that an ID and its marks are one word. Open addressing; the place is the upper bits of what
/// is left, which are mixed already. One thread's.
final class JoinTable<ID: DiffID> {
    private static var markMask: ID { 7 }
    private let most: Int
    private var slots: UnsafeMutablePointer<ID>
    private var room = 0
    private var bits = 0
    /// Upper bits that all IDs of this pass share.
    private var passBits = 0

    /// - Parameter bytes: the most memory that it may take.
    init(bytes: Int) {
        var most = 1 << 10
        while most * 2 * MemoryLayout<ID>.size <= bytes { most *= 2 }
        self.most = most
        slots = .allocate(capacity: 1)
    }

    deinit { slots.deallocate() }

    /// How many parts so many IDs have to be taken in: a power of two.
    func passes(_ ids: Int) -> Int {
        var passes = 1
        // A part may be larger than the others by chance: one half of the room is left for that.
        while ids / passes > most / 2, passes < 1 << 20 { passes *= 2 }
        return passes
    }

    /// Makes the table ready for so many IDs at most.
    func begin(_ ids: Int, passes: Int) {
        var wanted = 1 << 10
        while wanted < ids / passes + ids / passes / 4, wanted < most { wanted *= 2 }
        bits = wanted.trailingZeroBitCount
        passBits = passes.trailingZeroBitCount
        if wanted > room {
            slots.deallocate()
            slots = .allocate(capacity: wanted)
            slots.initialize(repeating: 0, count: wanted)
            room = wanted
        }
    }

    /// - Returns: false when the table is full: more distinct IDs have come than chance can explain.
    func add(_ ids: UnsafeBufferPointer<ID>, mark: ID, pass: ID) -> Bool {
        let mask = 1 &<< bits &- 1
        let shift = ID(truncatingIfNeeded: ID.bitWidth &- bits)
        let (slots, passBits) = (self.slots, ID(truncatingIfNeeded: self.passBits))
        let passShift = ID(truncatingIfNeeded: ID.bitWidth &- self.passBits)
        for mixed in ids {
            let value = mixed &<< ID(truncatingIfNeeded: Partitions.bits)
            if passBits != 0, value &>> passShift != pass { continue }
            let home = Int(truncatingIfNeeded: (value &<< passBits) &>> shift)
            var slot = home
            while true {
                let there = slots[slot]
                if there == 0 {
                    slots[slot] = value | mark
                    break
                }
                if there & ~Self.markMask == value {
                    slots[slot] = there | mark
                    break
                }
                slot = (slot &+ 1) & mask
                if slot == home { return false }
            }
        }
        return true
    }

    /// Counts what stands in it, hands out what is missing or unexpected (the IDs themselves, in no order),
    /// and leaves it empty.
    func end(
        partition: Int, _ counts: inout SideCounts, missing: (ID) -> Void, unexpected: (ID) -> Void
    ) {
        let high = ID(truncatingIfNeeded: partition) &<< ID(truncatingIfNeeded: ID.bitWidth - Partitions.bits)
        var byMarks = (0, 0, 0, 0, 0, 0, 0, 0)
        withUnsafeMutableBytes(of: &byMarks) { bytes in
            let byMarks = bytes.assumingMemoryBound(to: Int.self)
            for slot in 0..<(1 << bits) {
                let there = slots[slot]
                slots[slot] = 0
                let marks = Int(truncatingIfNeeded: there & Self.markMask)
                byMarks[marks] &+= 1
                guard marks == 1 || marks == 2 || marks == 6 else { continue }
                let mixed = (there & ~Self.markMask) &>> ID(truncatingIfNeeded: Partitions.bits) | high
                if marks == 1 { missing(ID.unscramble(mixed)) } else { unexpected(ID.unscramble(mixed)) }
            }
            for marks in 1..<8 { counts.add(byMarks[marks], marks: marks) }
        }
    }
}
