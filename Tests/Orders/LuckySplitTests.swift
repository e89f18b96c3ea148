import Catalog
import Orders
import Testing
import Wire

@Suite("Amounts of lucky packets")
struct LuckySplitTests {
    private static let rules: [AmountRule.Draw] = [.doubleAverage, .random, .presplit]

    /// All amounts of a packet, in the order in which they are drawn.
    private func amounts(
        _ rule: AmountRule.Draw, total: Int, count: Int, _ random: inout SplitMix64,
        each: (_ amount: Int, _ remaining: Int, _ left: Int) -> Void = { _, _, _ in }
    ) -> [Int] {
        var remaining = total
        return stride(from: count, to: 0, by: -1).map { left in
            let amount = LuckySplit.amount(
                rule, remaining: remaining, left: left, pick: random.next() >> 16, round: random.next() >> 16)
            each(amount, remaining, left)
            remaining -= amount
            return amount
        }
    }

    @Test(
        "whatever total and count: whole units, everybody one at least, the sum is the total",
        arguments: rules)
    func sums(_ rule: AmountRule.Draw) {
        var random = SplitMix64(seed: 0x10C4)
        for _ in 0..<1_200 {
            let count = Int.random(in: 1...(random.next() % 4 == 0 ? 2_000 : 20), using: &random)
            let spare = Int.random(
                in: 0...[0, 1, 7, 1_000, 1_000_000][Int(random.next() % 5)], using: &random)
            let all = amounts(rule, total: count + spare, count: count, &random) { amount, remaining, left in
                #expect(amount >= 1)
                // Everybody after still gets one, and the last takes the rest.
                #expect(remaining - amount >= left - 1)
                guard left > 1 else { return #expect(amount == remaining) }
                if rule == .random {
                    #expect(amount <= remaining - left + 1)
                } else {
                    #expect(amount * left < 2 * remaining, "below twice the mean")
                }
            }
            #expect(all.reduce(0, +) == count + spare)
        }
    }

    @Test("the extremes of chance stay within the bounds", arguments: rules)
    func extremes(_ rule: AmountRule.Draw) {
        let top: UInt64 = (1 << LuckySplit.randomBits) - 1
        for (remaining, left) in [
            (2, 2), (3, 2), (7, 3), (1_000, 999), (4_000_000_000, 2), (4_000_000_000, 7),
        ] {
            for (pick, round) in [(0, 0), (0, top), (top, 0), (top, top)] as [(UInt64, UInt64)] {
                let amount = LuckySplit.amount(
                    rule, remaining: remaining, left: left, pick: pick, round: round)
                #expect(amount >= 1 && remaining - amount >= left - 1, "\(remaining)/\(left)")
            }
        }
        let most = LuckySplit.amount(.doubleAverage, remaining: 1_000, left: 10, pick: top, round: top)
        #expect(most == 199, "⌈2 × 1000 ÷ 10⌉ − 1")
        let next = LuckySplit.amount(.doubleAverage, remaining: 1_001, left: 10, pick: top, round: 0)
        #expect(next == 200, "⌈2 × 1001 ÷ 10⌉ − 1")
    }

    /// 12,000 draws of one amount: their mean is within five standard errors of R ÷ L (all seeded).
    @Test("the mean of a draw is what remains ÷ the packs that are left", arguments: rules)
    func mean(_ rule: AmountRule.Draw) {
        var random = SplitMix64(seed: 0x3EA4)
        let draws = 12_000
        for (remaining, left) in [(10, 7), (11, 2), (100, 99), (1_000, 3), (999, 10), (5_000_000, 1_234)] {
            var sum = 0.0
            var squares = 0.0
            var largest = 0
            for _ in 0..<draws {
                let amount = LuckySplit.amount(
                    rule, remaining: remaining, left: left, pick: random.next() >> 16,
                    round: random.next() >> 16)
                sum += Double(amount)
                squares += Double(amount) * Double(amount)
                largest = max(largest, amount)
            }
            let mean = sum / Double(draws)
            let error = ((squares / Double(draws) - mean * mean) / Double(draws)).squareRoot()
            let wanted = Double(remaining) / Double(left)
            #expect(abs(mean - wanted) < 5 * error + 1e-9, "\(remaining)/\(left): \(mean), not \(wanted)")
            // Uniform up to twice the mean: the largest of so many draws comes near it.
            if rule != .random { #expect(Double(largest) > 1.9 * wanted - 2) }
        }
    }

    @Test("who comes late has the same mean as who comes first", arguments: rules)
    func positions(_ rule: AmountRule.Draw) {
        var random = SplitMix64(seed: 0x9051)
        let (total, count, rounds) = (100, 8, 8_000)
        var sums = [Int](repeating: 0, count: count)
        for round in 0..<rounds {
            let all =
                rule == .presplit
                ? LuckySplit.split(total: total, count: count, seed: UInt64(round)).map(Int.init)
                : amounts(rule, total: total, count: count, &random)
            for (place, amount) in all.enumerated() { sums[place] += amount }
        }
        for sum in sums {
            // The standard deviation of one amount is below 13: five standard errors are below 0.75.
            #expect(abs(Double(sum) / Double(rounds) - 12.5) < 0.75, "\(sums)")
        }
    }

    @Test("a split beforehand: the same for the same seed, the sum exact, nobody without")
    func split() {
        for (total, count) in [(1, 1), (5, 5), (1_000, 7), (4_000_000_000, 1_000), (100_000, 99_999)] {
            let amounts = LuckySplit.split(total: total, count: count, seed: 42)
            #expect(amounts.count == count && amounts.allSatisfy { $0 >= 1 })
            #expect(amounts.reduce(0) { $0 + Int($1) } == total)
            #expect(LuckySplit.split(total: total, count: count, seed: 42) == amounts)
        }
        #expect(LuckySplit.split(total: 0, count: 0, seed: 1).isEmpty)
        let one = LuckySplit.split(total: 1_000, count: 50, seed: 1)
        #expect(LuckySplit.split(total: 1_000, count: 50, seed: 2) != one)
    }
}
