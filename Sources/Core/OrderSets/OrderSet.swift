/// A set of order IDs, in the memory of bitmaps.
///
/// IDs are dense within a lane and shard, so that 100 million of them take about 12.5 MB. Blocks of 65,536
/// IDs (see ``OrderBlock``) are found by the upper 48 bits through a hash table of this type's own.
///
/// Memory, by ``memoryBytes``: while it is filled at most 32 bytes an ID in blocks of more than 256 IDs
/// (about one bit where they are dense), and at most 144 bytes an ID where every ID has a block to itself;
/// whoever fills it from a source that he does not trust looks at ``memoryBytes`` as he goes.
///
/// Not a value: one owner at a time, who may hand it to another thread. Traps when memory cannot be had.
package final class OrderSet: @unchecked Sendable {
    // Proof of @unchecked Sendable: nothing in here is shared between instances, and an instance has one
    // owner at a time; threads hand it over through a lock or a join, which order their accesses.

    /// Distinct IDs.
    package private(set) var count = 0
    /// In the order in which their first IDs came.
    var blocks: UnsafeMutablePointer<OrderBlock>
    /// Blocks of 65,536 IDs of which at least one stands in it.
    package private(set) var blockCount = 0
    private var blockRoom = 16
    /// Places of blocks + 1, open addressing; 0 = free.
    private var table: UnsafeMutablePointer<UInt32>
    private var tableBits = 6
    /// Of all blocks' own memory.
    private var payloadBytes = 0

    package init() {
        blocks = .allocate(capacity: blockRoom)
        table = .allocate(capacity: 1 << tableBits)
        table.initialize(repeating: 0, count: 1 << tableBits)
    }

    deinit {
        for index in 0..<blockCount { blocks[index].memory.deallocate() }
        blocks.deallocate()
        table.deallocate()
    }

    package var isEmpty: Bool { count == 0 }

    /// Bytes of the heap that it holds.
    package var memoryBytes: Int {
        // 16: what the allocator keeps of its own beside each piece.
        payloadBytes + blockCount * 16 + blockRoom * MemoryLayout<OrderBlock>.stride + 4 << tableBits
    }

    // MARK: - One ID

    /// - Returns: whether it was new.
    @discardableResult
    package func insert(_ id: UInt64) -> Bool {
        withUnsafePointer(to: id) { insert(UnsafeBufferPointer(start: $0, count: 1)) == 1 }
    }

    package func contains(_ id: UInt64) -> Bool {
        guard let at = place(of: id &>> 16) else { return false }
        return blocks[at].contains(UInt16(truncatingIfNeeded: id))
    }

    // MARK: - Many

    /// Takes IDs in any order; sorted ones go in fastest.
    ///
    /// - Returns: how many were new; the others stood in it, or earlier in the batch.
    @discardableResult
    package func insert(_ ids: UnsafeBufferPointer<UInt64>) -> Int {
        var added = 0
        // No block has this key: keys have 48 bits.
        var key = UInt64.max
        var at = 0
        var bits: UnsafeMutablePointer<UInt64>?
        for id in ids {
            if id &>> 16 != key {
                key = id &>> 16
                at = place(of: key) ?? makeBlock(key)
                bits = blocks[at].form == .bitmap ? blocks[at].bits : nil
            }
            let low = UInt16(truncatingIfNeeded: id)
            if let bits {
                let bit = UInt64(low & 63)
                let word = bits[Int(low &>> 6)]
                bits[Int(low &>> 6)] = word | 1 &<< bit
                let isNew = Int32(truncatingIfNeeded: ~(word &>> bit) & 1)
                blocks[at].count &+= isNew
                added &+= Int(isNew)
            } else {
                added += insertSlowly(low, at) ? 1 : 0
                bits = blocks[at].form == .bitmap ? blocks[at].bits : nil
            }
        }
        count += added
        return added
    }

    /// Into a block that is no bitmap (yet).
    private func insertSlowly(_ low: UInt16, _ at: Int) -> Bool {
        let block = blocks[at]
        let size = Int(block.count)
        if block.form == .runs || size >= OrderBlock.arrayWhileFilling {
            guard !block.contains(low) else { return false }
            makeBitmap(at)
            blocks[at].bits[Int(low >> 6)] |= 1 << UInt64(low & 63)
            blocks[at].count += 1
            return true
        }
        let isBehind = size > 0 && block.lows[size - 1] < low
        let place = isBehind ? size : block.lowerBound(low, size, stride: 1)
        if place < size, block.lows[place] == low { return false }
        if size == Int(block.units) {
            // New ones after all others are the common case: lists come sorted.
            let room = max(4, size * 2)
            replace(at, with: Self.room(room * 2), units: room, form: .array) { old, new in
                new.copyMemory(from: old.memory, byteCount: size * 2)
            }
        }
        let lows = blocks[at].lows
        if place < size { (lows + place + 1).update(from: lows + place, count: size - place) }
        lows[place] = low
        blocks[at].count += 1
        return true
    }

    // MARK: - Blocks

    static func room(_ bytes: Int) -> UnsafeMutableRawPointer {
        .allocate(byteCount: bytes, alignment: 8)
    }

    static func emptyBitmap() -> UnsafeMutableRawPointer {
        let memory = room(OrderBlock.bitmapBytes)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: OrderBlock.bitmapBytes)
        return memory
    }

    func makeBitmap(_ at: Int) {
        guard blocks[at].form != .bitmap else { return }
        replace(at, with: Self.emptyBitmap(), units: 0, form: .bitmap) { old, new in
            old.add(to: new.assumingMemoryBound(to: UInt64.self))
        }
    }

    /// Puts another memory in the place of a block's; `fill` sees the old block and the new memory.
    func replace(
        _ at: Int, with memory: UnsafeMutableRawPointer, units: Int, form: OrderBlock.Form,
        _ fill: (OrderBlock, UnsafeMutableRawPointer) -> Void
    ) {
        let old = blocks[at]
        fill(old, memory)
        payloadBytes -= old.bytes
        old.memory.deallocate()
        blocks[at].memory = memory
        blocks[at].units = Int32(units)
        blocks[at].form = form
        payloadBytes += blocks[at].bytes
    }

    /// The number of IDs in a block has become another one.
    func recount(_ at: Int, _ size: Int) {
        count += size - Int(blocks[at].count)
        blocks[at].count = Int32(size)
    }

    /// Takes over a whole block whose key is not there yet, its memory included.
    func adopt(_ block: OrderBlock) {
        append(block)
        count += Int(block.count)
    }

    private func makeBlock(_ key: UInt64) -> Int {
        append(OrderBlock(key: key, memory: Self.room(8), count: 0, units: 4, form: .array))
        return blockCount - 1
    }

    private func append(_ block: OrderBlock) {
        if blockCount == blockRoom {
            let larger = UnsafeMutablePointer<OrderBlock>.allocate(capacity: blockRoom * 2)
            larger.moveInitialize(from: blocks, count: blockCount)
            blocks.deallocate()
            (blocks, blockRoom) = (larger, blockRoom * 2)
        }
        (blocks + blockCount).initialize(to: block)
        blockCount += 1
        payloadBytes += block.bytes
        if blockCount * 2 > 1 << tableBits { growTable() } else { enter(blockCount - 1) }
    }

    // MARK: - The table

    /// Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4): the top bits of a product.
    @inline(__always)
    private func home(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> UInt64(64 - tableBits))
    }

    /// Where the block of a key stands.
    @inline(__always)
    func place(of key: UInt64) -> Int? {
        let mask = 1 &<< tableBits &- 1
        var slot = home(key)
        while table[slot] != 0 {
            let at = Int(table[slot]) &- 1
            if blocks[at].key == key { return at }
            slot = (slot &+ 1) & mask
        }
        return nil
    }

    private func enter(_ at: Int) {
        let mask = 1 << tableBits - 1
        var slot = home(blocks[at].key)
        while table[slot] != 0 { slot = (slot + 1) & mask }
        table[slot] = UInt32(at + 1)
    }

    private func growTable() {
        table.deallocate()
        tableBits += 1
        table = .allocate(capacity: 1 << tableBits)
        table.initialize(repeating: 0, count: 1 << tableBits)
        for at in 0..<blockCount { enter(at) }
    }
}
