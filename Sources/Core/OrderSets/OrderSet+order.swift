/// Reading a set in order, and making it small.
extension OrderSet {
    /// Places of the blocks, ascending by their keys. Costs a sort of the blocks, not of the IDs.
    func ascending() -> [Int] {
        (0..<blockCount).sorted { blocks[$0].key < blocks[$1].key }
    }

    /// All IDs, ascending. The set must not be changed meanwhile.
    package func forEach<Failure: Error>(_ each: (UInt64) throws(Failure) -> Void) throws(Failure) {
        for at in ascending() { try blocks[at].forEach(each) }
    }

    /// All IDs, ascending: eight bytes each.
    package var sorted: [UInt64] {
        var ids: [UInt64] = []
        ids.reserveCapacity(count)
        forEach { ids.append($0) }
        return ids
    }

    /// The lanes of the IDs with the number of each, ascending.
    package var lanes: [(lane: UInt32, count: Int)] {
        var found: [(lane: UInt32, count: Int)] = []
        for at in ascending() {
            let lane = UInt32(truncatingIfNeeded: blocks[at].key >> 16)
            if found.last?.lane == lane {
                found[found.count - 1].count += Int(blocks[at].count)
            } else {
                found.append((lane, Int(blocks[at].count)))
            }
        }
        return found
    }

    /// Gives every block its smallest form. The set takes IDs afterwards as before.
    package func compact() {
        for at in 0..<blockCount {
            let block = blocks[at]
            let runs = block.runCount
            let arrayBytes = Int(block.count) * 2
            if runs * 4 < min(arrayBytes, OrderBlock.bitmapBytes) {
                guard block.form != .runs else { continue }
                replace(at, with: Self.room(runs * 4), units: runs, form: .runs) { old, new in
                    old.writeRuns(to: new.assumingMemoryBound(to: UInt16.self))
                }
            } else if arrayBytes < OrderBlock.bitmapBytes {
                guard block.form != .array || block.units != block.count else { continue }
                let size = Int(block.count)
                replace(at, with: Self.room(max(2, arrayBytes)), units: size, form: .array) { old, new in
                    let lows = new.assumingMemoryBound(to: UInt16.self)
                    var index = 0
                    old.forEach {
                        lows[index] = UInt16(truncatingIfNeeded: $0)
                        index += 1
                    }
                }
            } else {
                makeBitmap(at)
            }
        }
    }
}

extension OrderBlock {
    /// Stretches of IDs that follow each other.
    var runCount: Int {
        switch form {
        case .runs: return Int(units)
        case .bitmap:
            // A run begins at each bit whose lower neighbour is not set.
            var (runs, carry) = (0, UInt64(0))
            for index in 0..<Self.words {
                let word = bits[index]
                runs += (word & ~(word &<< 1 | carry)).nonzeroBitCount
                carry = word &>> 63
            }
            return runs
        case .array:
            var runs = 0
            for index in 0..<Int(count) where index == 0 || lows[index] != lows[index - 1] &+ 1 { runs += 1 }
            return runs
        }
    }

    /// Pairs (first, last); room for ``runCount`` of them.
    func writeRuns(to pairs: UnsafeMutablePointer<UInt16>) {
        var run = -1
        forEach { id in
            let low = UInt16(truncatingIfNeeded: id)
            if run >= 0, pairs[run * 2 + 1] &+ 1 == low, low != 0 {
                pairs[run * 2 + 1] = low
            } else {
                run += 1
                pairs[run * 2] = low
                pairs[run * 2 + 1] = low
            }
        }
    }
}
