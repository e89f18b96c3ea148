/// Unions, differences, intersections. Their cost follows the blocks of both sets, 8 KiB each at most.
extension OrderSet {
    /// Takes all IDs of another set.
    package func formUnion(_ other: OrderSet) {
        for from in 0..<other.blockCount { formUnion(other.blocks[from]) }
    }

    /// Takes the IDs of a block, which stays its owner's.
    func formUnion(_ block: OrderBlock) {
        guard let at = place(of: block.key) else { return adopt(block.copy()) }
        let isSmall =
            blocks[at].form == .array && block.form == .array
            && Int(blocks[at].count + block.count) <= OrderBlock.arrayWhileFilling
        if isSmall {
            block.forEach { id in insert(id) }
        } else {
            makeBitmap(at)
            recount(at, Int(blocks[at].count) + block.add(to: blocks[at].bits))
        }
    }

    package func union(_ other: OrderSet) -> OrderSet {
        let both = copy()
        both.formUnion(other)
        return both
    }

    /// What stands in this set and not in the other one.
    package func minus(_ other: OrderSet) -> OrderSet {
        filtered { block in
            guard let at = other.place(of: block.key) else { return block.copy() }
            let taken = other.blocks[at]
            if block.form == .bitmap, taken.form == .bitmap, let few = block.fewBeside(taken) {
                return few.isEmpty ? nil : block.with(few)
            }
            return block.filtered { bits in
                if taken.form == .bitmap {
                    for index in 0..<OrderBlock.words { bits[index] &= ~taken.bits[index] }
                } else {
                    taken.forEach { id in bits.clear(UInt16(truncatingIfNeeded: id)) }
                }
            } each: { low in
                !taken.contains(low)
            }
        }
    }

    /// What stands in both.
    package func intersection(_ other: OrderSet) -> OrderSet {
        filtered { block in
            guard let at = other.place(of: block.key) else { return nil }
            let kept = other.blocks[at]
            // The smaller side asks the larger one.
            if kept.form != .bitmap, block.form == .bitmap {
                return kept.filtered { _ in
                } each: { low in
                    block.contains(low)
                }
            }
            return block.filtered { bits in
                let mask = OrderSet.emptyBitmap()
                kept.add(to: mask.assumingMemoryBound(to: UInt64.self))
                let words = mask.assumingMemoryBound(to: UInt64.self)
                for index in 0..<OrderBlock.words { bits[index] &= words[index] }
                mask.deallocate()
            } each: { low in
                kept.contains(low)
            }
        }
    }

    package func copy() -> OrderSet { filtered { $0.copy() } }

    private func filtered(_ each: (OrderBlock) -> OrderBlock?) -> OrderSet {
        let result = OrderSet()
        for at in 0..<blockCount {
            if let block = each(blocks[at]) { result.adopt(block) }
        }
        return result
    }
}

extension OrderSet: Equatable {
    /// Equal sets hold the same IDs, in whatever form.
    package static func == (a: OrderSet, b: OrderSet) -> Bool {
        a.count == b.count && a.minus(b).isEmpty
    }
}

extension OrderBlock {
    var bitCount: Int {
        var sum = 0
        for index in 0..<Self.words { sum += bits[index].nonzeroBitCount }
        return sum
    }

    func copy() -> OrderBlock {
        var copy = self
        copy.memory = OrderSet.room(max(2, bytes))
        copy.memory.copyMemory(from: memory, byteCount: bytes)
        return copy
    }

    /// What stands in this bitmap and not in the other one, where it is few: no copy is made of the rest.
    fileprivate func fewBeside(_ other: OrderBlock) -> [UInt16]? {
        var few: [UInt16] = []
        for index in 0..<Self.words {
            var word = bits[index] & ~other.bits[index]
            while word != 0 {
                guard few.count < Self.arrayWhileFilling else { return nil }
                few.append(UInt16(index << 6 | word.trailingZeroBitCount))
                word &= word &- 1
            }
        }
        return few
    }

    /// An array of its own of these, ascending, under the same key.
    fileprivate func with(_ lows: [UInt16]) -> OrderBlock {
        let size = Int32(lows.count)
        let block = OrderBlock(
            key: key, memory: OrderSet.room(lows.count * 2), count: size, units: size, form: .array)
        lows.withUnsafeBytes { block.memory.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        return block
    }

    /// What is left of it: a bitmap by whole words, the other forms one by one. nil when nothing is.
    fileprivate func filtered(
        words: (UnsafeMutablePointer<UInt64>) -> Void, each isKept: (UInt16) -> Bool
    ) -> OrderBlock? {
        var left = OrderBlock(key: key, memory: memory, count: 0, units: 0, form: .bitmap)
        if form == .bitmap {
            left.memory = copy().memory
            words(left.bits)
            left.count = Int32(left.bitCount)
            if left.count > OrderBlock.arrayWhileFilling { return left }
            let bits = left
            defer { bits.memory.deallocate() }
            return left.count == 0 ? nil : bits.asArray { _ in true }
        }
        return asArray(isKept)
    }

    /// An array, or a bitmap when there are too many for one; nil when there are none.
    private func asArray(_ isKept: (UInt16) -> Bool) -> OrderBlock? {
        var kept: [UInt16] = []
        forEach { id in
            let low = UInt16(truncatingIfNeeded: id)
            if isKept(low) { kept.append(low) }
        }
        guard !kept.isEmpty else { return nil }
        guard kept.count > Self.arrayAtRest else { return with(kept) }
        let size = Int32(kept.count)
        let block = OrderBlock(
            key: key, memory: OrderSet.emptyBitmap(), count: size, units: size, form: .bitmap)
        for low in kept { block.bits[Int(low >> 6)] |= 1 << UInt64(low & 63) }
        return block
    }
}

extension UnsafeMutablePointer<UInt64> {
    fileprivate func clear(_ low: UInt16) {
        self[Int(low >> 6)] &= ~(1 << UInt64(low & 63))
    }
}
