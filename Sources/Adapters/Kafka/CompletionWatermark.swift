/// How far one partition is finished without a hole: the offset that may be committed.
///
/// Records begin in the order of their offsets and finish in any. The watermark never passes a record that
/// has begun and not finished, so a restart reads it again. Offsets that never begin (holes left by a
/// compaction) do not hold it up. A pure value; whoever owns the partition owns it. After a partition has
/// been assigned anew, or its offsets went back, make a new one.
package struct CompletionWatermark: Sendable {
    /// Offsets that have begun and are not yet passed, ascending, from `head` on; `head` is the first that
    /// is unfinished.
    private var begun: [Int64] = []
    private var finished: [Bool] = []
    private var head = 0
    private var last: Int64

    /// Everything before `offset` is finished; the value to commit.
    package private(set) var offset: Int64
    /// Records that have begun and not finished.
    package private(set) var open = 0

    /// `first`: the offset of the next record to read.
    package init(first: Int64) {
        offset = first
        last = first - 1
    }

    /// A record is being worked on. Offsets must ascend: a repeated or lower one is a broken invariant.
    package mutating func began(_ offset: Int64) {
        precondition(offset > last, "offset \(offset) began after \(last)")
        last = offset
        begun.append(offset)
        finished.append(false)
        open += 1
    }

    /// A record is done with. Returns the new offset to commit if it has moved. An offset that is not open is
    /// ignored, so that finishing twice is harmless.
    package mutating func completed(_ offset: Int64) -> Int64? {
        guard let index = index(of: offset), !finished[index] else { return nil }
        finished[index] = true
        open -= 1
        guard index == head else { return nil }
        while head < finished.count, finished[head] { head += 1 }
        if head == begun.count {
            begun.removeAll(keepingCapacity: true)
            finished.removeAll(keepingCapacity: true)
            head = 0
            self.offset = last + 1
        } else {
            self.offset = begun[head]
            dropPassed()
        }
        return self.offset
    }

    /// Offsets are dense but for rare holes: try the distance from the head, then search.
    private func index(of offset: Int64) -> Int? {
        guard head < begun.count, offset >= begun[head], offset <= last else { return nil }
        let distance = offset - begun[head]
        if distance < Int64(begun.count - head), begun[head + Int(distance)] == offset {
            return head + Int(distance)
        }
        var low = head
        var high = begun.count
        while low < high {
            let middle = (low + high) / 2
            if begun[middle] < offset { low = middle + 1 } else { high = middle }
        }
        return low < begun.count && begun[low] == offset ? low : nil
    }

    /// Forgets what has been passed once it is half of the storage: amortised constant time a record.
    private mutating func dropPassed() {
        guard head >= 1024, head * 2 >= begun.count else { return }
        begun.removeFirst(head)
        finished.removeFirst(head)
        head = 0
    }
}
