import Testing

@testable import Simulator

@Suite("The torture's plan")
struct TorturePlanTests {
    private let scale = TortureScale(attempts: 20_000, people: 3000, packs: 1000, seed: 5)

    @Test("the same seed gives the same attempts and the same blows, another one others")
    func seeded() {
        let (one, two) = (TorturePlan(scale), TorturePlan(scale))
        var other = scale
        other.seed = 6
        let third = TorturePlan(other)
        let indices = stride(from: 0, to: scale.attempts, by: 7)
        #expect(indices.allSatisfy { one.attempt($0) == two.attempt($0) })
        #expect(!indices.allSatisfy { one.attempt($0) == third.attempt($0) })
        #expect(one.serial(3) != third.serial(3) && one.user(3) != third.user(3))
        func faults(_ seed: UInt64) -> [TortureFault] {
            TortureFault.schedule(seed: seed, attempts: 1000, lossy: 4, mild: 20)
        }
        #expect(faults(5) == faults(5) && faults(5) != faults(6))
    }

    @Test(
        "more people come for every kind of pack than there are of it",
        arguments: [10, 333, 1000, 50_000])
    func demand(packs: Int) {
        let scale = TortureScale(attempts: packs * 20, people: packs * 2, packs: packs, seed: 9)
        #expect(scale.stock.reduce(0, +) == packs && scale.stock.allSatisfy { $0 > 0 })
        let plan = TorturePlan(scale)
        var wanted = [Int](repeating: 0, count: scale.stock.count)
        for coupon in 0..<scale.coupons {
            if case .valid(let gift) = plan.part(coupon) { wanted[gift] += 1 }
        }
        for (wanted, stock) in zip(wanted, scale.stock) { #expect(wanted > stock) }
    }

    @Test("every coupon is attempted, the first time with its own body, and most are repeated")
    func arrivals() {
        let plan = TorturePlan(scale)
        var seen: [Int: Int] = [:]
        for index in 0..<scale.attempts {
            let attempt = plan.attempt(index)
            if seen[attempt.coupon] == nil { #expect(!attempt.namesAnotherGift) }
            seen[attempt.coupon, default: 0] += 1
        }
        #expect(seen.count == scale.coupons)
        #expect(seen.values.count { $0 > 1 } * 10 > scale.coupons * 9)
    }

    @Test("each lossy blow ends a round, every kind falls before one falls again")
    func rounds() {
        let faults = TortureFault.schedule(seed: 3, attempts: 7000, lossy: 6, mild: 28)
        #expect(faults.count == 34)
        let lossy = faults.filter(\.isLossy)
        #expect(lossy.map(\.atAttempt) == [1000, 2000, 3000, 4000, 5000, 6000])
        #expect(Set(lossy.prefix(3).map(\.kind)) == Set(TortureFault.lossy))
        #expect(Set(faults.map(\.kind)).isSuperset(of: TortureFault.mild))
        #expect(faults.map(\.atAttempt) == faults.map(\.atAttempt).sorted())
    }
}
