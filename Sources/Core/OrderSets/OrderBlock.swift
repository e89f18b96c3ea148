/// The IDs of a set that share their upper 48 bits: up to 65,536, of one lane and shard.
///
/// Held in the smallest of three forms, as roaring bitmaps do (SOURCE: Lemire, Ssi-Yan-Kai, Kaser,
/// "Consistently faster and smaller compressed bitmaps with Roaring", 2016): a sorted array of 16-bit
/// numbers, a bitmap of 8 KiB, or runs as pairs (first, last). A bare record: its memory belongs to the
/// ``OrderSet``.
struct OrderBlock {
    enum Form: UInt8 {
        case array = 1
        case bitmap = 2
        case runs = 3
    }

    /// IDs that a block can hold, and bits of its bitmap.
    static let span = 1 << 16
    static let words = span / 64
    static let bitmapBytes = span / 8
    /// An array that is being filled becomes a bitmap beyond this many: room is given for speed, and
    /// ``OrderSet/compact()`` takes it back.
    static let arrayWhileFilling = 256
    /// A block at rest is an array up to here: beyond, a bitmap is smaller.
    static let arrayAtRest = bitmapBytes / 2

    /// The upper 48 bits of its IDs.
    let key: UInt64
    var memory: UnsafeMutableRawPointer
    /// Its IDs.
    var count: Int32
    /// Of an array: the elements that its memory has room for; of runs: how many there are.
    var units: Int32
    var form: Form

    /// Bytes of its memory.
    var bytes: Int {
        switch form {
        case .array: Int(units) * 2
        case .bitmap: Self.bitmapBytes
        case .runs: Int(units) * 4
        }
    }

    /// Of a bitmap.
    var bits: UnsafeMutablePointer<UInt64> { memory.assumingMemoryBound(to: UInt64.self) }
    /// Of an array, or of runs, two by two.
    var lows: UnsafeMutablePointer<UInt16> { memory.assumingMemoryBound(to: UInt16.self) }

    func contains(_ low: UInt16) -> Bool {
        switch form {
        case .bitmap: return bits[Int(low >> 6)] &>> UInt64(low & 63) & 1 == 1
        case .array:
            let at = lowerBound(low, Int(count), stride: 1)
            return at < Int(count) && lows[at] == low
        case .runs:
            // The run before the first one that begins beyond.
            let at = low == .max ? Int(units) : lowerBound(low + 1, Int(units), stride: 2)
            return at > 0 && lows[at * 2 - 1] >= low
        }
    }

    /// The first of `count` places, `stride` numbers apart, whose number is not below.
    func lowerBound(_ low: UInt16, _ count: Int, stride: Int) -> Int {
        var (start, end) = (0, count)
        while start < end {
            let middle = (start + end) / 2
            if lows[middle * stride] < low { start = middle + 1 } else { end = middle }
        }
        return start
    }

    /// Sets its bits in a bitmap. Costs what the block holds, and not what the bitmap has room for.
    ///
    /// - Returns: how many were new.
    @discardableResult
    func add(to words: UnsafeMutablePointer<UInt64>) -> Int {
        var added = 0
        switch form {
        case .bitmap:
            for index in 0..<Self.words { added += Self.set(bits[index], in: &words[index]) }
        case .array:
            for index in 0..<Int(count) {
                let low = lows[index]
                added += Self.set(1 &<< UInt64(low & 63), in: &words[Int(low >> 6)])
            }
        case .runs:
            for run in 0..<Int(units) { added += Self.set(lows[run * 2], lows[run * 2 + 1], in: words) }
        }
        return added
    }

    @inline(__always)
    private static func set(_ bits: UInt64, in word: inout UInt64) -> Int {
        let new = bits & ~word
        word |= new
        return new.nonzeroBitCount
    }

    /// Sets a stretch of bits, by whole words between its ends.
    private static func set(
        _ first: UInt16, _ last: UInt16, in words: UnsafeMutablePointer<UInt64>
    ) -> Int {
        let (start, end) = (Int(first >> 6), Int(last >> 6))
        let (from, to) = (UInt64.max &<< UInt64(first & 63), UInt64.max &>> UInt64(63 - last & 63))
        guard start < end else { return set(from & to, in: &words[start]) }
        var added = set(from, in: &words[start]) + set(to, in: &words[end])
        for index in (start + 1)..<end {
            // Mostly nothing is there yet, and then nothing need be counted.
            added += words[index] == 0 ? UInt64.bitWidth : (~words[index]).nonzeroBitCount
            words[index] = .max
        }
        return added
    }

    /// Its IDs, ascending.
    func forEach<Failure: Error>(_ each: (UInt64) throws(Failure) -> Void) throws(Failure) {
        let base = key << 16
        switch form {
        case .bitmap:
            for index in 0..<Self.words {
                var word = bits[index]
                while word != 0 {
                    try each(base | UInt64(index << 6 | word.trailingZeroBitCount))
                    word &= word &- 1
                }
            }
        case .array:
            for index in 0..<Int(count) { try each(base | UInt64(lows[index])) }
        case .runs:
            for run in 0..<Int(units) {
                for low in lows[run * 2]...lows[run * 2 + 1] { try each(base | UInt64(low)) }
            }
        }
    }
}
