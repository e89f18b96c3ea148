import Orders
import Testing
import Wire

@testable import OrderSets

/// Sets of order IDs against Swift's own.
@Suite struct OrderSetTests {
    /// IDs as a campaign has them, with some that are none: dense stretches, single ones, the ends of the
    /// range.
    static func ids(_ random: inout SplitMix64, _ count: Int) -> [UInt64] {
        var ids: [UInt64] = []
        while ids.count < count {
            let lane = 60_000_000 + random.next() % 3 as UInt64
            let shard = random.next() % 2 as UInt64
            let base = lane << 32 | shard << 22
            switch random.next() % 8 as UInt64 {
            case 0...2:
                let start = random.next() % 200_000 as UInt64
                for step in 0..<(random.next() % 900 as UInt64) { ids.append(base | (start + step)) }
            case 3: ids.append(random.next())
            case 4: ids.append([0, .max, 65_535, 65_536, .max - 65_535][Int(random.next() % 5 as UInt64)])
            default:
                for _ in 0..<(random.next() % 300 as UInt64) { ids.append(base | random.next() % 140_000) }
            }
        }
        return ids
    }

    static func set(_ ids: [UInt64]) -> OrderSet {
        let set = OrderSet()
        ids.withUnsafeBufferPointer { _ = set.insert($0) }
        return set
    }

    @Test(arguments: 0..<25) func likeASwiftSet(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let set = OrderSet()
        var naive: Set<UInt64> = []
        for _ in 0..<12 {
            var batch = Self.ids(&random, 1 + Int(random.next() % 4_000 as UInt64))
            if random.next() % 2 as UInt64 == 0 { batch.sort() }
            let before = naive.count
            naive.formUnion(batch)
            if random.next() % 4 as UInt64 == 0 {
                var added = 0
                for id in batch where set.insert(id) { added += 1 }
                #expect(added == naive.count - before)
            } else {
                let added = batch.withUnsafeBufferPointer { set.insert($0) }
                #expect(added == naive.count - before, "what is not new is a duplicate")
            }
            if random.next() % 3 as UInt64 == 0 { set.compact() }
            #expect(set.count == naive.count)
            for _ in 0..<50 {
                let id = (naive.randomElement(using: &random) ?? 0) &+ random.next() % 3
                #expect(set.contains(id) == naive.contains(id))
            }
        }
        #expect(set.sorted == naive.sorted())
        var lanes: [UInt32: Int] = [:]
        for id in naive { lanes[UInt32(id >> 32), default: 0] += 1 }
        #expect(Dictionary(uniqueKeysWithValues: set.lanes.map { ($0.lane, $0.count) }) == lanes)
    }

    @Test(arguments: 0..<25) func algebraLikeASwiftSet(seed: Int) {
        var random = SplitMix64(seed: 1_000 + UInt64(seed))
        let (a, b) = (Self.ids(&random, 20_000), Self.ids(&random, 1 + Int(random.next() % 20_000 as UInt64)))
        let common = a.filter { _ in random.next() % 2 as UInt64 == 0 }
        let (left, right) = (Self.set(a), Self.set(b + common))
        let (naiveLeft, naiveRight) = (Set(a), Set(b + common))
        if random.next() % 2 as UInt64 == 0 { left.compact() }
        if random.next() % 2 as UInt64 == 0 { right.compact() }
        let all: [(OrderSet, Set<UInt64>)] = [
            (left.union(right), naiveLeft.union(naiveRight)),
            (left.minus(right), naiveLeft.subtracting(naiveRight)),
            (right.minus(left), naiveRight.subtracting(naiveLeft)),
            (left.intersection(right), naiveLeft.intersection(naiveRight)),
            (right.intersection(left), naiveLeft.intersection(naiveRight)),
        ]
        for (set, naive) in all {
            #expect(set.count == naive.count)
            #expect(set.sorted == naive.sorted())
            // It goes on as a set of its own.
            let id = random.next() as UInt64
            #expect(set.insert(id) == !naive.contains(id))
        }
        #expect(left.sorted == naiveLeft.sorted() && right.sorted == naiveRight.sorted(), "operands stay")
        #expect(left.union(right) == right.union(left))
    }

    @Test func wholeBlocksAndTheirEnds() {
        let set = OrderSet()
        for id in UInt64(65_536)..<UInt64(131_072) { set.insert(id) }
        #expect(set.count == 65_536)
        let filling = set.memoryBytes
        set.compact()
        #expect(set.memoryBytes < filling - 8_000, "one run")
        #expect(
            !set.contains(65_535) && set.contains(65_536) && set.contains(131_071) && !set.contains(131_072))
        #expect(!set.insert(70_000) && set.insert(65_535) && set.insert(131_072))
        #expect(set.count == 65_538)
        #expect(set.minus(set).isEmpty && set.intersection(set) == set)
        set.insert(.max)
        set.insert(0)
        #expect(set.sorted.first == 0 && set.sorted.last == .max)
    }

    /// What the type promises of its memory.
    @Test func memoryIsBounded() {
        let dense = OrderSet()
        var batch = [UInt64](repeating: 0, count: 1 << 12)
        for start in stride(from: UInt64(0), to: 2_000_000, by: batch.count) {
            for index in batch.indices { batch[index] = 7 << 32 | (start + UInt64(index)) }
            batch.withUnsafeBufferPointer { _ = dense.insert($0) }
        }
        #expect(dense.memoryBytes < dense.count / 8 * 11 / 10 + 4_096)
        var random = SplitMix64(seed: 5)
        let sparse = OrderSet()
        for _ in 0..<100_000 { sparse.insert(random.next()) }
        #expect(sparse.memoryBytes <= sparse.count * 144)
        let worst = OrderSet()
        for block in 0..<100 as Range<UInt64> {
            for low in 0..<257 as Range<UInt64> { worst.insert(block << 16 | low * 200) }
        }
        #expect(worst.memoryBytes <= worst.count * 34)
    }

    @Test func ordersByTheirNames() throws {
        let set = OrderSet()
        let order = OrderID(lane: 61_234_567, shard: 5, sequence: 4_000_000)
        #expect(set.insert(order) && !set.insert(order) && set.contains(order))
        #expect(set.sorted == [order.rawValue])
    }
}
