import Catalog
import Orders
import Testing

@testable import Deliverer

@Suite("The delivery engine in a simulated world")
struct EngineSimulationTests {
    private func game(_ id: String) -> Game { SimulatedWorld.catalog.game(id: id)! }

    private func checkWindows(_ world: SimulatedWorld, _ seed: UInt64) {
        for (slot, arrivals) in world.arrivals {
            let limit = SimulatedWorld.catalog.games[Int(slot)].limit
            var first = 0
            let sorted = arrivals.sorted()
            for (index, ns) in sorted.enumerated() {
                while ns - sorted[first] >= 1_000_000_000 { first += 1 }
                let inWindow = index - first + 1
                guard inWindow <= Int(limit.perSecond) + limit.burst else {
                    Issue.record("seed \(seed): \(inWindow) in 1 s at game \(slot)")
                    return
                }
            }
        }
    }

    private func checkEnds(_ world: SimulatedWorld, _ seed: UInt64) {
        #expect(world.violations.isEmpty, "seed \(seed): \(world.violations.prefix(3))")
        for (id, stored) in world.store {
            switch stored.state {
            case .delivered:
                #expect(
                    world.grants[id] == 1, "seed \(seed): \(id) delivered, granted \(world.grants[id] ?? 0)")
                let facts = world.outcomes[id] ?? []
                #expect(
                    facts.contains(.granted) || facts.contains(.alreadyGranted),
                    "seed \(seed): \(id) without record")
            case .parked: #expect(world.outcomes[id]?.contains(.parked) == true)
            case .expired, .rejected, .voided:
                #expect(
                    world.grants[id] == nil && world.dead[id] != nil, "seed \(seed): \(id) \(stored.state)")
            default: Issue.record("seed \(seed): \(id) stands in \(stored.state)")
            }
        }
    }

    @Test(
        "promises 3, 4 and 6: whatever fails and whoever is killed, each order is granted once or named",
        arguments: 1...24)
    func faults(_ seed: Int) {
        var faults = SimulatedWorld.Faults()
        faults.errors = 0.05
        faults.drops = 0.05
        faults.timeouts = 0.03
        faults.redisLosses = 0.02
        faults.kafkaFailures = 0.02
        faults.crashes = seed % 3
        var world = SimulatedWorld(seed: UInt64(seed), faults: faults)
        for id in ["paper-kites", "moon-rabbit", "stone-garden", "teahouse-days"] {
            world.queue(60, game: game(id))
        }
        let isDrained = world.run(untilMs: 24 * 3_600_000)
        #expect(isDrained, "seed \(seed): not drained")
        checkEnds(world, UInt64(seed))
        checkWindows(world, UInt64(seed))
    }

    @Test("without faults everything is delivered at the first attempt, within the limit and near it")
    func healthy() {
        var world = SimulatedWorld(seed: 1, faults: .init())
        world.queue(500, game: game("paper-kites"))
        let isDrained = world.run(untilMs: 60_000)
        #expect(isDrained)
        checkEnds(world, 1)
        checkWindows(world, 1)
        #expect(world.engine.counts[Int(game("paper-kites").slot)].delivered == 500)
        #expect(world.engine.counts[Int(game("paper-kites").slot)].repeats == 0)
        let arrivals = world.arrivals[game("paper-kites").slot]!.sorted()
        let seconds = Double(arrivals.last! - arrivals.first!) / 1e9
        // 150 a second: 500 take 3.3 s; simulated time, so this is the pacing's shape and no timing.
        #expect(seconds < 500 / 150 * 1.3 + 1.5)
    }

    @Test("promise 3: an order whose deadline passes before anything was sent expires, with its dead letter")
    func expiry() {
        var world = SimulatedWorld(seed: 3, faults: .init())
        world.queue(400, game: game("stone-garden"), deadlineMs: 3_000)
        let isDrained = world.run(untilMs: 60_000)
        #expect(isDrained)
        let states = world.store.values.map(\.state)
        #expect(states.allSatisfy { $0 == .delivered || $0 == .expired })
        #expect(states.contains(.expired) && states.contains(.delivered))
        checkEnds(world, 3)
    }

    @Test("a game that always errs: orders go to the retries topic and hold no offset back")
    func longRetries() {
        var faults = SimulatedWorld.Faults()
        faults.errors = 1
        var world = SimulatedWorld(seed: 4, faults: faults)
        world.queue(5, game: game("stone-garden"), deadlineMs: 1_800_000)
        let isDrained = world.run(untilMs: 4 * 3_600_000)
        #expect(isDrained)
        #expect(!world.shelved.isEmpty)
        #expect(world.store.values.allSatisfy { $0.state == .expired })
        #expect(zip(world.committed, world.logs).allSatisfy { $0 == $1.count })
        checkEnds(world, 4)
    }

    @Test("a poison record is kept and blocks nothing")
    func poison() {
        var world = SimulatedWorld(seed: 5, faults: .init())
        world.queue(8, game: game("stone-garden"))
        world.logs[0][1] = Array("{\"v\":1,\"order\":\"nonsense\"}".utf8)
        let poisoned = world.orderOf[0][1]
        world.shelved.insert(poisoned)
        let isDrained = world.run(untilMs: 60_000)
        #expect(isDrained)
        #expect(world.committed[0] == world.logs[0].count)
        #expect(world.store.filter { $0.value.state == .delivered }.count == 7)
    }

    @Test("twins in the topic are one delivery")
    func twins() {
        var world = SimulatedWorld(seed: 6, faults: .init())
        world.queue(8, game: game("stone-garden"))
        for partition in 0..<4 {
            world.logs[partition] += world.logs[partition]
            world.orderOf[partition] += world.orderOf[partition]
        }
        let isDrained = world.run(untilMs: 60_000)
        #expect(isDrained)
        checkEnds(world, 6)
        #expect(world.store.values.allSatisfy { $0.state == .delivered && $0.made == 1 })
    }

    @Test("promise 9: while Redis's run is not good nothing is begun; when it is, everything is")
    func runClosed() throws {
        let game = game("stone-garden")
        var engine = SimulatedWorld.engine(seed: 7, nowNs: SimulatedWorld.startNs)
        engine.isRunOpen = false
        let topic = Topics(campaign: SimulatedWorld.catalog.campaign.id).orders(game: game.id)
        let numbered = engine.partition(topic: topic, number: 0)
        let partition = try #require(numbered)
        engine.assigned([partition])
        let gift = try #require(SimulatedWorld.catalog.gifts.first { $0.game == game.slot })
        let order = Order(
            id: OrderID(lane: 1, shard: 0, sequence: 0), coupon: 1, user: 2, gift: gift.slot, region: 0,
            role: 3, claimedAtMs: SimulatedWorld.startMs, deadlineMs: SimulatedWorld.startMs + 172_800_000)
        var now = Moment(ns: SimulatedWorld.startNs + 10_000_000_000, ms: SimulatedWorld.startMs)
        engine.received(
            partition: partition, offset: 0, value: OrderRecord.encode(order, SimulatedWorld.catalog), now)
        func begins() -> Int {
            engine.actions.count { if case .begin = $0 { true } else { false } }
        }
        for _ in 0..<10 {
            now.ns += 1_000_000_000
            let next = engine.tick(now)
            #expect(next == .onEvent)
        }
        #expect(begins() == 0)
        engine.isRunOpen = true
        let next = engine.tick(now)
        #expect(next == .atOnce && begins() == 1)
    }
}
