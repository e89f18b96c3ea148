import Catalog
import OrderStore
import Orders
import Pacing
import Redis
import Testing

@testable import Deliverer

/// Single stories in the simulated world; ``SeededWorldTests`` tells thousands.
@Suite("The delivery engine in a simulated world")
struct EngineSimulationTests {
    private func expectDrained(_ world: inout SimulatedWorld) {
        let isDrained = world.run()
        world.checkEnds()
        #expect(isDrained && world.violations.isEmpty, "\(world.violations)")
    }

    private func world(_ plan: SimulatedPlan, seed: UInt64 = 1) -> SimulatedWorld {
        var world = SimulatedWorld(seed: seed, plan: plan)
        world.queueAll()
        return world
    }

    private func plan(orders: Int) -> SimulatedPlan {
        var plan = SimulatedPlan()
        plan.orders = orders
        return plan
    }

    @Test("without faults everything is delivered at the first attempt, within the limit and near it")
    func healthy() {
        var world = world(plan(orders: 300))
        expectDrained(&world)
        #expect(world.orders.allSatisfy { $0.state == .delivered && $0.made == 1 })
        // 75 a second: 300 take four seconds, after two for the right to the limit and one for a
        // predecessor's requests. Simulated time, so this is the pacing's shape and no timing.
        #expect(world.sinceMs < 8_000)
    }

    @Test("promise 3: an order whose deadline passes before anything was sent expires, with its dead letter")
    func expiry() {
        var plan = plan(orders: 400)
        plan.deadlineMs = 5_000
        var world = world(plan)
        expectDrained(&world)
        let states = world.orders.map(\.state)
        #expect(states.allSatisfy { $0 == .delivered || $0 == .expired })
        #expect(states.contains(.expired) && states.contains(.delivered))
    }

    @Test("a game that always errs: orders go to the retries topic and hold no offset back")
    func longRetries() {
        var plan = plan(orders: 5)
        plan.deadlineMs = 1_800_000
        plan.spells = [.init(game: SimulatedCampaign.plain, mood: .throttling, fromMs: 0, untilMs: 1e9)]
        var world = world(plan)
        expectDrained(&world)
        let retries = world.partitions.indices.filter { $0 % world.partitionsAGame >= 2 }
        #expect(retries.contains { !world.partitions[$0].records.isEmpty })
        for entry in world.orders {
            #expect(entry.state == (entry.game == SimulatedCampaign.plain ? .expired : .delivered))
        }
    }

    @Test(
        "promises 3 and 4: an owner that stood still or was cut off tells late of an earlier attempt",
        arguments: [UInt64(889), 6_229, 11_171, 11_637, 13_011, 17_462])
    func lateWord(seed: UInt64) {
        var world = world(SimulatedPlan(seed: seed), seed: seed)
        expectDrained(&world)
    }

    @Test("a poison record is kept and blocks nothing")
    func poison() {
        var world = world(plan(orders: 8))
        world.partitions[0].records[1].value = Array("{\"v\":1,\"order\":\"nonsense\"}".utf8)
        // Nobody will ever hear of that order again.
        world.move(world.partitions[0].records[1].order, to: .voided)
        expectDrained(&world)
        #expect(world.orders.count { $0.state == .delivered } == 31)
    }

    @Test("twins in the topic are one delivery")
    func twins() {
        var world = world(plan(orders: 8))
        for partition in world.partitions.indices {
            for (order, value) in world.partitions[partition].records {
                world.append(value, of: order, to: partition)
            }
        }
        expectDrained(&world)
        #expect(world.orders.allSatisfy { $0.state == .delivered && $0.made == 1 })
    }

    @Test("promise 3: what a dead owner left in flight when its deadline passed is found out and ends")
    func leftInFlight() {
        let ends: [(UInt8, OrderState)] = [
            (SimulatedCampaign.steady, .delivered), (SimulatedCampaign.plain, .parked),
            (SimulatedCampaign.fragile, .delivered), (SimulatedCampaign.blind, .parked),
        ]
        for (game, end) in ends {
            var plan = plan(orders: 1)
            plan.deadlineMs = 1_000
            var world = world(plan)
            for entry in world.orders.indices where world.orders[entry].game == game {
                // Sent, read and granted; then its owner died.
                world.move(entry, to: .inFlight)
                world.orders[entry].made = 1
                world.orders[entry].owner = 99
                world.orders[entry].deadlineMs = SimulatedWorld.startMs + 1_500
                world.orders[entry].grants = 1
            }
            expectDrained(&world)
            for entry in world.orders { #expect(entry.state == (entry.game == game ? end : .expired)) }
        }
    }

    @Test("promise 3: an attempt of unknown end is not forgotten over later ones that surely failed")
    func unknownStays() {
        var plan = plan(orders: 4)
        plan.deadlineMs = 60_000
        plan.spells = [
            .init(game: SimulatedCampaign.plain, mood: .dripping, fromMs: 0, untilMs: 4_000),
            .init(game: SimulatedCampaign.plain, mood: .throttling, fromMs: 4_000, untilMs: 1e9),
        ]
        var world = world(plan)
        expectDrained(&world)
        for entry in world.orders {
            let isPlain = entry.game == SimulatedCampaign.plain
            let end = isPlain && entry.grants > 0 ? OrderState.parked : isPlain ? .expired : .delivered
            #expect(entry.state == end)
        }
        #expect(world.orders.contains { $0.state == .parked })
    }

    @Test("an order of unknown end comes back from the retries topic to be sent, not to wait again")
    func unknownComesBack() {
        var plan = plan(orders: 5)
        plan.deadlineMs = 3_600_000
        plan.spells = [.init(game: SimulatedCampaign.plain, mood: .dropping, fromMs: 0, untilMs: 1_800_000)]
        var world = world(plan, seed: 3)
        world.grantsWhileDropping = false
        expectDrained(&world)
        let base = Int(SimulatedCampaign.plain) * world.partitionsAGame + SimulatedCampaign.partitionsAGame
        let shelved = (base..<base + 2).reduce(0) { $0 + world.partitions[$1].records.count }
        let made = world.orders.filter { $0.game == SimulatedCampaign.plain }.reduce(0) { $0 + Int($1.made) }
        #expect(shelved > 0 && shelved < made)
    }

    @Test(
        "promise 4: a game that goes on may read a query before the request that it hung on",
        arguments: 1...20)
    func denial(seed: UInt64) {
        var plan = plan(orders: 8)
        plan.spells = [
            .init(game: SimulatedCampaign.fragile, mood: .hung, fromMs: 2_050, untilMs: 5_000)
        ]
        var world = world(plan, seed: seed)
        expectDrained(&world)
        #expect(world.orders.allSatisfy { $0.grants == 1 })
    }

    @Test("promise 4: a process that stood still with Redis's leave in its hands asks again before it sends")
    func lateLeave() {
        var plan = SimulatedPlan()
        plan.inheritsGhosts = false
        var world = SimulatedWorld(seed: 7, plan: plan)
        var engine = world.newEngine()
        var now = Moment(ns: SimulatedWorld.startNs, ms: SimulatedWorld.startMs)
        engine.assigned([0], now)
        now.ns += 3_000_000_000
        engine.pacer.committed(sentNs: now.ns, nowNs: now.ns)
        let order = SimulatedCampaign.order(0, game: 0, deadlineMs: 172_800_000)
        engine.received(
            partition: 0, offset: 0, value: OrderRecord.encode(order, SimulatedCampaign.wide), now)
        func begun() -> ParcelRef? {
            for case .begin(let ref, _) in engine.actions { return ref }
            return nil
        }
        func isSent() -> Bool { engine.actions.contains { if case .send = $0 { true } else { false } } }
        while begun() == nil, now.ns < SimulatedWorld.startNs + 4_000_000_000 {
            now.ns += 10_000_000
            engine.pacer.committed(sentNs: now.ns, nowNs: now.ns)
            _ = engine.tick(now)
        }
        guard let ref = begun() else {
            Issue.record("never begun")
            return
        }
        engine.actions = []
        now.ns += 1_500_000_000
        engine.begun(ref, .success(.go), now)
        #expect(!isSent())
        engine.pacer.committed(sentNs: now.ns, nowNs: now.ns)
        _ = engine.tick(now)
        #expect(begun() == ref)
        engine.begun(ref, .success(.go), now)
        #expect(isSent())
    }

    @Test("promise 9: while Redis's run is not good nothing is begun; when it is, everything is")
    func runClosed() {
        var world = SimulatedWorld(seed: 7, plan: SimulatedPlan())
        var engine = world.newEngine()
        engine.isRunOpen = false
        engine.assigned([0], Moment(ns: 0, ms: 0))
        let order = SimulatedCampaign.order(0, game: 0, deadlineMs: 172_800_000)
        var now = Moment(ns: SimulatedWorld.startNs + 10_000_000_000, ms: SimulatedWorld.startMs)
        engine.received(
            partition: 0, offset: 0, value: OrderRecord.encode(order, SimulatedCampaign.wide), now)
        func begins() -> Int {
            engine.actions.count { if case .begin = $0 { true } else { false } }
        }
        for _ in 0..<10 {
            now.ns += 1_000_000_000
            engine.pacer.committed(sentNs: now.ns, nowNs: now.ns)
            let next = engine.tick(now)
            #expect(next == .onEvent)
        }
        #expect(begins() == 0)
        engine.isRunOpen = true
        let next = engine.tick(now)
        #expect(next == .atOnce && begins() == 1)
    }
}
