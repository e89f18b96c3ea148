import Catalog
import Glibc
import Wire

/// The amounts of lucky packets: how M units are split over N claims, in whole units, everybody at least one,
/// the sum exactly M.
///
/// With R units remaining and L packs left every rule gives the next claim R ÷ L on average, so that the mean
/// stays M ÷ N from the first claim to the last (R ÷ L is a martingale), and the last pack takes the rest.
///
/// - `doubleAverage`, the rule that WeChat's red packets are known for ("double of the mean", 二倍均值法):
///   uniform in (0, 2R ÷ L). In whole units: uniform in 1 … H, where H is 2R ÷ L − 1 rounded up with the
///   chance of its fraction, else down. Mean (1 + E H) ÷ 2 = R ÷ L exactly; maximum ⌈2R ÷ L⌉ − 1, always
///   below 2R ÷ L. What it leaves is enough for everybody: H ≤ R − L + 1, since 2R ÷ L − 1 ≤ R − L + 1
///   whenever R ≥ L ≥ 2 (equal at R = L or L = 2, and the right side grows faster in R).
/// - `random`, a broken stick: the R − L units that are not spoken for are the stick, and the next share of
///   it is 1 − (1 − U)^(1 ÷ (L − 1)), the distribution Beta(1, L − 1) that a uniformly chosen split into L
///   shares has at each place (L. Devroye, Non-Uniform Random Variate Generation, 1986, chapter V). Rounded
///   like H above; mean 1 + (R − L) ÷ L = R ÷ L, maximum R − L + 1.
/// - `presplit`: `doubleAverage` for all N beforehand, shuffled, so that no place in the queue has other
///   chances than another.
package enum LuckySplit {
    /// Bits of each random number.
    package static let randomBits: UInt64 = 48

    /// The next amount. `pick` and `round` are uniform below 2^48.
    ///
    /// - Precondition: `remaining >= left >= 1`.
    package static func amount(
        _ draw: AmountRule.Draw, remaining: Int, left: Int, pick: UInt64, round: UInt64
    ) -> Int {
        precondition(left >= 1 && remaining >= left)
        guard left > 1 else { return remaining }
        let scale = Double(1 << randomBits)
        let pick = Double(pick) / scale
        let round = Double(round) / scale
        switch draw {
        case .doubleAverage, .presplit:
            let most = 2 * Double(remaining) / Double(left) - 1
            return 1 + Int(pick * rounded(most, round))
        case .random:
            let share = Double(remaining - left) * (1 - pow(1 - pick, 1 / Double(left - 1)))
            return 1 + Int(rounded(share, round))
        }
    }

    /// Down, or up with the chance of the fraction: the mean is the value itself.
    private static func rounded(_ value: Double, _ round: Double) -> Double {
        let whole = value.rounded(.down)
        return round < value - whole ? whole + 1 : whole
    }

    /// The amounts of `count` packs, the same for the same seed: whoever fills the pool writes the same.
    package static func split(total: Int, count: Int, seed: UInt64) -> [UInt32] {
        precondition(total >= count && total <= Int(UInt32.max))
        var random = SplitMix64(seed: seed)
        var amounts: [UInt32] = []
        amounts.reserveCapacity(count)
        var remaining = total
        for left in stride(from: count, to: 0, by: -1) {
            let amount = amount(
                .presplit, remaining: remaining, left: left, pick: random.next() >> (64 - randomBits),
                round: random.next() >> (64 - randomBits))
            amounts.append(UInt32(amount))
            remaining -= amount
        }
        amounts.shuffle(using: &random)
        return amounts
    }
}
