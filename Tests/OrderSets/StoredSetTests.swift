import Testing
import Wire

@testable import OrderSets

/// The stored form: what is written is read, and whatever else is read is refused.
@Suite struct StoredSetTests {
    private func stored(_ set: OrderSet) -> [UInt8] {
        var bytes: [UInt8] = []
        set.store { bytes += $0 }
        return bytes
    }

    private func read(_ bytes: [UInt8]) throws(StoredSetFault) -> OrderSet {
        var result: Result<OrderSet, StoredSetFault>?
        bytes.withUnsafeBytes { view in
            do throws(StoredSetFault) {
                result = .success(try OrderSet(stored: view))
            } catch {
                result = .failure(error)
            }
        }
        return try result!.get()
    }

    @Test(arguments: 0..<10) func thereAndBack(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let set = OrderSetTests.set(OrderSetTests.ids(&random, 15_000))
        let copy = try read(stored(set))
        #expect(copy == set && copy.sorted == set.sorted)
        #expect(stored(copy) == stored(set), "one spelling")
        #expect(try read(stored(OrderSet())).isEmpty)
    }

    @Test func everyCutAndEveryFlippedBitIsFound() throws {
        let set = OrderSetTests.set([1, 2, 3, 9, 70_000, 70_002, .max])
        let bytes = stored(set)
        for count in bytes.indices {
            #expect(throws: StoredSetFault.self) { try read(Array(bytes[..<count])) }
        }
        #expect(throws: StoredSetFault.self) { try read(bytes + [0]) }
        for place in bytes.indices {
            var bent = bytes
            bent[place] ^= 0x10
            #expect(throws: StoredSetFault.self) { try read(bent) }
        }
    }

    /// With a sum that fits: what is inside must still be sound.
    @Test(arguments: 0..<400) func bentContentsUnderATrueSumNeverCrash(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var ids: [UInt64] = (0..<300).map { $0 * 3 } + Array(100_000..<100_400)
        ids += (0..<6_000).map { 200_000 + $0 * 7 }
        var bytes = stored(OrderSetTests.set(ids)).dropLast(4)
        for _ in 0..<(1 + random.next() % 3 as UInt64) {
            let place = Int(random.next() % min(600, UInt64(bytes.count)) as UInt64)
            bytes[place] = UInt8(truncatingIfNeeded: random.next() as UInt64)
        }
        var all = Array(bytes)
        all.little(crc32(all))
        if let set = try? read(all) {
            #expect(set.sorted.count == set.count)
            #expect(set.sorted == Array(Set(set.sorted)).sorted())
        }
    }
}
