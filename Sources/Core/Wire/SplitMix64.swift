/// The finaliser of SplitMix64: a fixed bijection of 64-bit words that spreads them evenly.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014), with the
/// constants of Stafford's variant 13, the input advanced by the golden gamma as the generator does.
/// Stored data depends on it (shard of a user, bucket of a coupon): it never changes.
package func splitMix64(_ x: UInt64) -> UInt64 {
    var z = x &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z &>> 31)
}

/// A small seeded generator: the same seed gives the same sequence on every machine, for simulations
/// and tests. Not for secrets.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        let result = splitMix64(state)
        state &+= 0x9E37_79B9_7F4A_7C15
        return result
    }
}
