import Catalog

/// The room in which `Ranking` puts an order together; afterwards the order itself is in it.
///
/// Made once for an event loop and used again for every person, so that an order costs no allocation. It
/// keeps nothing from one order to the next that matters: a used one gives what a fresh one gives.
/// Room for `CatalogLimits.gifts`; about 30 KiB.
package struct RankingScratch: ~Copyable {
    static let capacity = CatalogLimits.gifts
    /// `Ranking` takes four dimensions at a time and eight gifts.
    static let dimensions = (CatalogLimits.dimensions + 3) & ~3
    static let standings = 4
    private static let radixCounts = 4 * 256

    /// The person's unit vector; zeros after its last dimension.
    let person: UnsafeMutablePointer<Float>
    /// By gift slot.
    let scores: UnsafeMutablePointer<Float>
    let keys: UnsafeMutablePointer<UInt64>
    let spareKeys: UnsafeMutablePointer<UInt64>
    let slots: UnsafeMutablePointer<UInt16>
    let spareSlots: UnsafeMutablePointer<UInt16>
    let held: UnsafeMutablePointer<UInt16>
    let counts: UnsafeMutablePointer<UInt32>
    /// By standing: where its part of the order begins, and the next free place in it.
    let starts: UnsafeMutablePointer<Int>
    let nexts: UnsafeMutablePointer<Int>
    var count = 0

    package init() {
        func room<Element: BitwiseCopyable>(_ count: Int, _ zero: Element) -> UnsafeMutablePointer<Element> {
            let pointer = UnsafeMutablePointer<Element>.allocate(capacity: count)
            pointer.initialize(repeating: zero, count: count)
            return pointer
        }
        person = room(Self.dimensions, 0)
        scores = room(Self.capacity, 0)
        keys = room(Self.capacity, 0)
        spareKeys = room(Self.capacity, 0)
        slots = room(Self.capacity, 0)
        spareSlots = room(Self.capacity, 0)
        held = room(Self.capacity, 0)
        counts = room(Self.radixCounts, 0)
        starts = room(Self.standings + 1, 0)
        nexts = room(Self.standings + 1, 0)
    }

    deinit {
        person.deallocate()
        scores.deallocate()
        keys.deallocate()
        spareKeys.deallocate()
        slots.deallocate()
        spareSlots.deallocate()
        held.deallocate()
        counts.deallocate()
        starts.deallocate()
        nexts.deallocate()
    }

    /// Gift slots, best first; good until the next order is put together or the scratch is gone.
    package var order: UnsafeBufferPointer<UInt16> { UnsafeBufferPointer(start: slots, count: count) }
}

// MARK: - Standings

extension RankingScratch {
    /// Sets `starts` and `nexts` so that each standing has as much of the order as it has gifts.
    func divide(_ standings: UnsafeBufferPointer<GiftStanding>) {
        nexts.update(repeating: 0, count: Self.standings)
        for standing in standings { nexts[Int(standing.rawValue)] &+= 1 }
        var start = 0
        for level in 0..<Self.standings {
            let size = nexts[level]
            starts[level] = start
            nexts[level] = start
            start &+= size
        }
        starts[Self.standings] = start
    }
}

// MARK: - Sorting

extension RankingScratch {
    /// Beyond this many keys counting beats comparing.
    static let insertionMaximum = 40

    /// Sorts `keys[range]`, ascending by bits 16...47; equal ones stay as they are, which is by slot.
    func sortKeys(_ range: Range<Int>) {
        if range.count <= Self.insertionMaximum { insertionSort(range) } else { radixSort(range) }
    }

    private func insertionSort(_ range: Range<Int>) {
        var next = range.lowerBound &+ 1
        while next < range.upperBound {
            let key = keys[next]
            var place = next
            while place > range.lowerBound, keys[place &- 1] > key {
                keys[place] = keys[place &- 1]
                place &-= 1
            }
            keys[place] = key
            next &+= 1
        }
    }

    /// Least significant byte first (Knuth, TAOCP 5.2.5); a byte that is the same in all keys is passed over.
    private func radixSort(_ range: Range<Int>) {
        let count = range.count
        let first = keys + range.lowerBound
        counts.update(repeating: 0, count: Self.radixCounts)
        for index in 0..<count {
            let key = first[index]
            counts[Int((key >> 16) & 0xff)] &+= 1
            counts[256 &+ Int((key >> 24) & 0xff)] &+= 1
            counts[512 &+ Int((key >> 32) & 0xff)] &+= 1
            counts[768 &+ Int((key >> 40) & 0xff)] &+= 1
        }
        var (from, to) = (first, spareKeys)
        for pass in 0..<4 {
            let shift = UInt64(16 &+ 8 &* pass)
            let buckets = counts + 256 &* pass
            if buckets[Int((from[0] >> shift) & 0xff)] == UInt32(count) { continue }
            var sum: UInt32 = 0
            for byte in 0..<256 {
                let size = buckets[byte]
                buckets[byte] = sum
                sum &+= size
            }
            for index in 0..<count {
                let key = from[index]
                let byte = Int((key >> shift) & 0xff)
                to[Int(buckets[byte])] = key
                buckets[byte] &+= 1
            }
            swap(&from, &to)
        }
        if from != first { first.update(from: from, count: count) }
    }
}

// MARK: - Neighbours

extension RankingScratch {
    /// Puts `slots[range]`, which are in order of their scores, so that no more than `most` of one game stand
    /// next to each other where another game's is left to stand between.
    ///
    /// Greedy: each place gets the best gift left, unless it would be one too many of its game; then the best
    /// of another game, and if there is none, the best after all. Those passed over are all of one game at
    /// any time, because they come next as soon as another game's gift stands before them; so a queue and one
    /// walk do, O(n). The same gifts in the same order always give the same result.
    func spread(_ range: Range<Int>, games: UnsafePointer<UInt8>, most: Int) {
        guard range.count > most else { return }
        let count = range.count
        let placed = slots + range.lowerBound
        spareSlots.update(from: placed, count: count)
        var (next, heldFirst, heldEnd) = (0, 0, 0)
        var (run, runGame) = (0, UInt8.max)
        for place in 0..<count {
            let isFull = run == most
            let slot: UInt16
            if heldFirst < heldEnd, !(isFull && games[Int(held[heldFirst])] == runGame) {
                slot = held[heldFirst]
                heldFirst &+= 1
            } else {
                while isFull, next < count, games[Int(spareSlots[next])] == runGame {
                    held[heldEnd] = spareSlots[next]
                    heldEnd &+= 1
                    next &+= 1
                }
                if next < count {
                    slot = spareSlots[next]
                    next &+= 1
                } else {
                    slot = held[heldFirst]
                    heldFirst &+= 1
                }
            }
            placed[place] = slot
            let game = games[Int(slot)]
            run = game == runGame ? min(run &+ 1, most) : 1
            runGame = game
        }
    }
}
