import Testing
import Wire

@testable import OrderSets

/// Checksums by game and minute.
@Suite struct SetSummaryTests {
    private func key(_ id: UInt64) -> SummaryKey {
        SummaryKey(group: UInt32(id % 5), minute: UInt32(id / 100 % 50))
    }

    private func summary(_ ids: some Sequence<UInt64>) -> SetSummary {
        var summary = SetSummary()
        for id in ids { summary.add(id, to: key(id)) }
        return summary
    }

    @Test(arguments: 0..<20) func differencesAreThoseOfTheSets(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let common = Set((0..<3_000).map { _ in random.next() as UInt64 })
        func some() -> Set<UInt64> { Set((0..<(random.next() % 12 as UInt64)).map { _ in random.next() }) }
        let (left, right) = (common.union(some()), common.union(some()))
        let found = summary(left.shuffled(using: &random)).differences(from: summary(right))
        #expect(found == Set(left.symmetricDifference(right).map(key)).sorted())
    }

    @Test(arguments: 0..<10) func incrementallyAsAtOnce(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var (ids, kept): (Set<UInt64>, SetSummary) = ([], SetSummary())
        for _ in 0..<2_000 {
            if random.next() % 3 as UInt64 == 0, let id = ids.randomElement(using: &random) {
                ids.remove(id)
                kept.remove(id, from: key(id))
            } else {
                let id = random.next() % 700 as UInt64
                if ids.insert(id).inserted { kept.add(id, to: key(id)) }
            }
        }
        #expect(kept == summary(ids))
        #expect(kept.count == UInt64(ids.count))
        let parts = [ids.filter { $0 % 2 == 0 }, ids.filter { $0 % 2 == 1 }]
        var merged = summary(parts[0])
        merged.merge(summary(parts[1]))
        #expect(merged == kept)
        for id in ids { kept.remove(id, from: key(id)) }
        #expect(kept == SetSummary())
    }

    /// Two wrongs that would cancel in a plain sum or a plain exclusive or of the IDs.
    @Test func likelyMistakesDoNotCancel() {
        let key = SummaryKey(group: 1, minute: 2)
        func of(_ ids: [UInt64]) -> SetSummary {
            var summary = SetSummary()
            for id in ids { summary.add(id, to: key) }
            return summary
        }
        #expect(of([1, 4]).differences(from: of([2, 3])) == [key])
        #expect(of([1, 2, 3]).differences(from: of([3])) == [key])
        #expect(of([5, 5]).differences(from: SetSummary()) == [key], "a twin does not vanish")
    }

    @Test func storedAndRead() throws {
        let summary = summary(0..<900)
        let bytes = summary.stored
        #expect(try bytes.withUnsafeBytes { try SetSummary(stored: $0) } == summary)
        for place in bytes.indices {
            var bent = bytes
            bent[place] ^= 1
            #expect(throws: StoredSetFault.self) { try bent.withUnsafeBytes { try SetSummary(stored: $0) } }
            #expect(throws: StoredSetFault.self) {
                try bytes[..<place].withUnsafeBytes { try SetSummary(stored: $0) }
            }
        }
    }
}
