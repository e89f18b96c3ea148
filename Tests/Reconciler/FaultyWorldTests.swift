import Orders
import Testing
import Wire

@testable import Reconciler

/// Campaigns in which everything goes wrong that can, against what a person who saw it would say.
@Suite struct FaultyWorldTests {
    private static func verdict(_ facts: Reconciliation) -> Verdict {
        facts.verdict(atMs: FaultyOrder.cutMs, tooYoungMs: FaultyOrder.tooYoungMs, games: 2)
    }

    @Test("every fault is found and named, and the classes add up", arguments: 0..<120)
    func naive(seed: Int) async {
        let world = FaultyWorld(seed: seed)
        let facts = await world.read()
        let verdict = Self.verdict(facts)
        #expect(verdict.brokenSum(due: facts.dueCount) == nil)
        var (classes, conflicts): ([OrderClass: Int], [OrderID: Set<Conflict.Kind>]) = ([:], [:])
        var (nameless, asking, doubled): (Set<OrderID>, Set<OrderID>, Set<OrderID>) = ([], [], [])
        for one in world.orders {
            guard let place = one.place else { continue }
            classes[place, default: 0] += 1
            if !one.conflicts.isEmpty { conflicts[one.id] = one.conflicts }
            if one.fault == .nobodyHoldsIt, place == .missing { nameless.insert(one.id) }
            if one.asksFirst, one.fault != .nobodyHoldsIt { asking.insert(one.id) }
            if one.fault == .doubled { doubled.insert(one.id) }
            let known = facts.facts[one.id]
            let isTooYoung = one.isYoung && one.fault != .nobodyHoldsIt
            #expect(known?.orderClass(isTooYoung: isTooYoung) == place, "\(one)")
        }
        #expect(verdict.counts == classes)
        #expect(verdict.burnt == world.burnt)
        var told: [OrderID: Set<Conflict.Kind>] = [:]
        for conflict in verdict.conflicts {
            #expect(conflict.words.count == 2 && conflict.words.allSatisfy { !$0.says.isEmpty })
            #expect(told[conflict.id, default: []].insert(conflict.kind).inserted)
        }
        #expect(told == conflicts)
        #expect(Set(verdict.nameless.map(\.id)) == nameless)
        #expect(Set(verdict.missing.filter(\.asksFirst).map(\.order.id)) == asking)
        #expect(Set(verdict.doubled.map(\.id)) == doubled)
        #expect(verdict.doubled.allSatisfy { $0.times == 2 })
        let strangers = verdict.unexpected.filter { $0.source == .outcomes }.map(\.id)
        #expect(strangers == world.strangers)
        let stated = verdict.unexpected.filter { $0.source == .statement }.map(\.id)
        #expect(stated == world.statedStrangers)
    }

    @Test("the worlds hold every fault, every class that they can, and every kind of conflict")
    func coverage() async {
        var (faults, places, kinds): (Set<WorldFault>, Set<OrderClass>, Set<Conflict.Kind>) = ([], [], [])
        for seed in 0..<120 {
            for one in FaultyWorld(seed: seed).orders {
                faults.insert(one.fault)
                if let place = one.place { places.insert(place) }
                kinds.formUnion(one.conflicts)
            }
        }
        #expect(faults == Set(WorldFault.allCases))
        #expect(places == Set(OrderClass.allCases).subtracting([.held, .expired, .voided]))
        #expect(kinds == Set(Conflict.Kind.allCases))
    }

    @Test("a sum that does not come out is named")
    func brokenSums() async {
        let facts = await FaultyWorld(seed: 1).read()
        let whole = Self.verdict(facts)
        #expect(whole.brokenSum(due: whole.accepted + 1)?.contains("are due") == true)
        var verdict = whole
        verdict.missing.removeLast()
        #expect(verdict.brokenSum(due: whole.accepted)?.contains("listed as missing") == true)
        verdict = whole
        verdict.burnt += 1
        #expect(verdict.brokenSum(due: whole.accepted)?.contains("never used") == true)
        #expect(whole.brokenSum(due: whole.accepted) == nil && !whole.isClean)
    }

    @Test("what Redis has forgotten and Kafka holds still is due; what nobody holds is missing by its number")
    func highWater() async {
        var facts = Reconciliation()
        let whole = ReconcilerFixture.order(OrderID(lane: 3, shard: 2, sequence: 9).rawValue)
        facts.claimed(whole, game: 0)
        facts.stoodInOrders(
            ReconcilerFixture.order(OrderID(lane: 3, shard: 2, sequence: 4).rawValue), game: 0, isLive: true)
        facts.stoodInOutbox(OrderID(lane: 3, shard: 2, sequence: 5))
        facts.cameOut(OrderID(lane: 3, shard: 2, sequence: 6), .granted, attempt: 1, game: 1)
        var asked: [UInt32] = []
        let marks = facts.highWater
        for (first, last) in marks.spans {
            for number in first.rawValue...last.rawValue {
                let id = OrderID(rawValue: number)
                guard facts.isUnnamed(id) else { continue }
                asked.append(id.sequence)
                facts.unnamed(id, id.sequence == 7 ? .queued : id.sequence == 6 ? .delivered : .none)
            }
        }
        #expect(asked == [0, 1, 2, 3, 6, 7, 8])
        facts.numbersWereRead()
        // One was claimed while the claims were read: below the mark, and of after the cut.
        facts.cameOut(OrderID(lane: 3, shard: 2, sequence: 5), .granted, attempt: 1, game: 1)
        facts.cameAfterCut(OrderID(lane: 3, shard: 2, sequence: 5))
        let verdict = facts.verdict(atMs: 5_000, tooYoungMs: 0, games: 2)
        #expect(verdict.nameless == [.init(id: OrderID(lane: 3, shard: 2, sequence: 7), state: .queued)])
        #expect(verdict.unexpected.isEmpty)
        #expect(verdict.burnt == 5 && verdict.numbers == 10 && verdict.accepted == 4)
        #expect(verdict.byGame[1] == [.delivered: 1] && verdict.byGame[2] == [.missing: 1])
        #expect(verdict.brokenSum(due: 4) == nil)
    }
}
