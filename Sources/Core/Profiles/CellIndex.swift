import Glibc

/// A hash table from a person's 64-bit hash to the number of a cell, in 8 bytes a place: the upper half of
/// the hash and the cell. Where a place's half matches, the caller says whether the cell is the person's.
///
/// Why not a Dictionary: that costs 16 bytes a place for UInt64 → UInt32, doubles by copying everything at
/// once in the middle of a request, and its load factor leaves half of it empty on average. This one has
/// its final size from the beginning (untouched pages cost nothing), so that no look-up ever pays for growth.
///
/// Open addressing with linear probing; a removal moves the followers back, so that there are no tombstones
/// (Knuth, TAOCP 6.4, algorithms L and R). A hash's home is its upper half scaled to the table (Lemire, "Fast
/// Random Integer Generation in an Interval", 2019), so that any size will do. The hash must be well mixed.
struct CellIndex: ~Copyable {
    /// Bytes a cell, when all places together hold `maxCells` at three quarters full.
    static let bytesACell = 11
    private static let bytesAPlace = MemoryLayout<UInt64>.stride

    private let places: UnsafeMutablePointer<UInt64>
    /// Places, of which at least a quarter is empty.
    let capacity: Int
    private let maxCells: Int
    private(set) var count = 0

    /// - Parameter maxCells: cells that may be in it at once; below 2^28.
    init(maxCells: Int) {
        precondition(maxCells >= 0 && maxCells < 1 << 28)
        self.maxCells = maxCells
        capacity = maxCells * 4 / 3 + 1
        guard let memory = calloc(capacity, Self.bytesAPlace) else {
            preconditionFailure("no memory for an index of \(maxCells) cells")
        }
        places = memory.bindMemory(to: UInt64.self, capacity: capacity)
    }

    deinit {
        free(places)
    }

    /// How many places a look-up for this hash goes past its home at most.
    func distance(of hash: UInt64) -> Int {
        var place = home(hash)
        while places[place] != 0 { place = after(place) }
        return distance(home(hash), place)
    }

    var bytes: Int { capacity * Self.bytesAPlace }

    /// The cell kept under this hash for which `isIt` says yes.
    @inline(__always)
    func cell(of hash: UInt64, isIt: (UInt32) -> Bool) -> UInt32? {
        var place = home(hash)
        let half = hash & Self.upperHalf
        while true {
            let content = places[place]
            if content == 0 { return nil }
            if content & Self.upperHalf == half {
                let cell = Self.cell(content)
                if isIt(cell) { return cell }
            }
            place = after(place)
        }
    }

    /// Adds a cell that is not in it.
    mutating func insert(_ hash: UInt64, _ cell: UInt32) {
        precondition(count < maxCells && cell < 1 << 28)
        var place = home(hash)
        while places[place] != 0 { place = after(place) }
        places[place] = hash & Self.upperHalf | UInt64(cell + 1)
        count += 1
    }

    /// Takes out a cell that is in it.
    mutating func remove(_ hash: UInt64, _ cell: UInt32) {
        let content = hash & Self.upperHalf | UInt64(cell + 1)
        var hole = home(hash)
        while places[hole] != content {
            precondition(places[hole] != 0, "a cell that is not in the index")
            hole = after(hole)
        }
        var place = hole
        while true {
            place = after(place)
            let follower = places[place]
            guard follower != 0 else { break }
            // It may fill the hole unless its home lies behind the hole.
            if distance(home(follower), place) >= distance(hole, place) {
                places[hole] = follower
                hole = place
            }
        }
        places[hole] = 0
        count -= 1
    }

    private static let upperHalf: UInt64 = 0xffff_ffff_0000_0000

    @inline(__always)
    private static func cell(_ content: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: content) &- 1
    }

    @inline(__always)
    private func home(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: ((hash >> 32) &* UInt64(capacity)) >> 32)
    }

    @inline(__always)
    private func after(_ place: Int) -> Int {
        place &+ 1 == capacity ? 0 : place &+ 1
    }

    private func distance(_ from: Int, _ to: Int) -> Int {
        to >= from ? to - from : to - from + capacity
    }
}
