/// The tests' own generator, so that a failure repeats: SplitMix64 (Steele, Lea and Flood 2014).
struct SeededBits: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// True once in `n`.
    mutating func oneIn(_ n: UInt64) -> Bool { next() % n == 0 }

    mutating func within(_ range: ClosedRange<UInt64>) -> UInt64 {
        UInt64.random(in: range, using: &self)
    }
}

let msNs: UInt64 = 1_000_000
let secondNs: UInt64 = 1_000_000_000

/// The most of these times that any closed window of one second holds.
func mostInOneSecond(_ times: [UInt64]) -> Int {
    let sorted = times.sorted()
    var most = 0
    var first = 0
    for (index, time) in sorted.enumerated() {
        while sorted[first] + secondNs < time { first += 1 }
        most = max(most, index - first + 1)
    }
    return most
}
