import Orders
import Testing
import Wire

@testable import Reconciler

/// Reconciliations of simulated campaigns whose truth is known.
@Suite struct ReconciliationPropertyTests {
    /// Reads a campaign in the direction of travel; between two sources `meanwhile` lets the world go on.
    static func read(_ world: inout [LivingOrder], meanwhile: (inout [LivingOrder]) -> Void) -> Reconciliation
    {
        var facts = Reconciliation()
        for one in world where one.phase != .unclaimed { facts.claimed(one.order, game: one.game) }
        meanwhile(&world)
        for one in world where one.isInOutbox { facts.stoodInOutbox(one.order.id) }
        meanwhile(&world)
        let marks = world.map { $0.records.map(\.isPassed) }
        meanwhile(&world)
        for isRetry in [false, true] {
            for (index, one) in world.enumerated() {
                for (offset, record) in one.records.enumerated() where record.isRetry == isRetry {
                    let isLive = offset >= marks[index].count || !marks[index][offset]
                    if isRetry {
                        facts.stoodInRetries(one.order, game: one.game, isLive: isLive)
                    } else {
                        facts.stoodInOrders(one.order, game: one.game, isLive: isLive)
                    }
                }
            }
            meanwhile(&world)
        }
        for one in world {
            for (outcome, attempt) in one.outcomes {
                facts.cameOut(one.order.id, outcome, attempt: attempt, game: one.game)
            }
        }
        meanwhile(&world)
        for id in facts.unexpected where world.contains(where: { $0.order.id == id && !$0.records.isEmpty }) {
            facts.cameAfterCut(id)
        }
        let index = Dictionary(uniqueKeysWithValues: world.indices.map { (world[$0].order.id, $0) })
        for id in facts.due {
            guard let one = index[id].map({ world[$0] }) else { continue }
            facts.stands(id, one.state, hasLapsed: one.phase == .lost && one.state == .inFlight)
        }
        return facts
    }

    static func world(_ random: inout SplitMix64) -> [LivingOrder] {
        (0..<120).map { number in
            let game = UInt8(random.next() % 2)
            let id = UInt64(number) << 3
            var one = LivingOrder(ReconcilerFixture.order(id, game: UInt16(game)), game: game)
            for _ in 0..<random.next() % 16 { one.step(&random) }
            if random.next() % 5 == 0 { one.lose(&random) }
            return one
        }
    }

    static func check(_ verdict: Verdict, due: Int) {
        #expect(verdict.addsUp(due: due))
        #expect(Set(verdict.missing.map(\.order.id)).count == verdict.missing.count)
    }

    @Test(
        "promise 3: at a standstill every order is in the one class that its history makes", arguments: 0..<60
    )
    func standstill(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var world = Self.world(&random)
        let facts = Self.read(&world) { _ in }
        let verdict = facts.verdict(atMs: 10_000, tooYoungMs: 0, games: 2)
        Self.check(verdict, due: world.count { $0.phase != .unclaimed })
        var naive: [OrderClass: Int] = [:]
        for one in world {
            guard let place = one.naiveClass else { continue }
            naive[place, default: 0] += 1
            #expect(facts.facts[one.order.id]?.orderClass(isTooYoung: false) == place, "\(one)")
        }
        #expect(verdict.counts == naive)
        #expect(verdict.unexpected.isEmpty)
    }

    @Test(
        "promise 3: nothing on its way is missing while the world goes on, and all that was lost is",
        arguments: 0..<120)
    func whileTheWorldGoesOn(seed: Int) {
        var random = SplitMix64(seed: UInt64(1_000 + seed))
        var world = Self.world(&random)
        let lost = world.filter { $0.naiveClass == .missing }.map(\.order.id)
        let facts = Self.read(&world) { world in
            for index in world.indices {
                for _ in 0..<random.next() % 6 { world[index].step(&random) }
            }
        }
        let verdict = facts.verdict(atMs: 10_000, tooYoungMs: 0, games: 2)
        Self.check(verdict, due: facts.facts.count { $0.order != nil })
        #expect(verdict.missing.map(\.order.id) == lost.sorted())
        #expect(verdict.unexpected.isEmpty)
        for one in world where one.outcomes.contains(where: { $0.outcome.state == .delivered }) {
            let place = facts.facts[one.order.id].flatMap {
                $0.order == nil ? nil : $0.orderClass(isTooYoung: false)
            }
            #expect(place != .missing && place != .rejected)
        }
    }
}
