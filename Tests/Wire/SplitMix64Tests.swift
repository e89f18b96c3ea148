import Testing
import Wire

@Suite struct SplitMix64Tests {
    /// The published sequence for this seed.
    @Test func generatesTheKnownSequence() {
        var generator = SplitMix64(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        #expect(expected.map { _ in generator.next() } == expected)
    }

    @Test func finaliserIsFrozen() {
        #expect(splitMix64(0) == 0xE220_A839_7B1D_CDAF)
        #expect(splitMix64(1_234_567) == 6_457_827_717_110_365_317)
    }

    /// Users with neighbouring numbers must not crowd one shard.
    @Test func neighboursSpreadEvenly() {
        let shards = 64
        var counts = [Int](repeating: 0, count: shards)
        for user in UInt64(0)..<64_000 { counts[Int(splitMix64(user) % UInt64(shards))] += 1 }
        #expect(counts.allSatisfy { (850...1150).contains($0) })
    }
}
