import Wire

/// An order that is none, the same in every run.
enum Shuffle {
    static func order(_ count: Int) -> [Int] {
        var random = SplitMix64(seed: Stage.seed ^ UInt64(count))
        return Array(0..<count).shuffled(using: &random)
    }
}
