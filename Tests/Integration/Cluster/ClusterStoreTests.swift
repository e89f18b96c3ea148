import Catalog
import NIOCore
import OrderStore
import Orders
import Redis
import Stack
import Testing

@Suite("The store over a Redis Cluster", .serialized)
struct ClusterStoreTests {
    @Test("claims, confirms, attempts of every shard run on its master, and name all their keys")
    func everyShard() async throws {
        try await ClusterStore.with { cluster in
            let watch = try ScriptKeyWatch(cluster.servers.servers, in: cluster.run)
            let store = cluster.store
            #expect(try await cluster.standing() == .open(epoch: 1))
            let lane = try await store.awaiting { store, then in
                store.acquireLane(owner: 1, leaseMs: 60_000, then: then)
            }
            for shard in 0..<UInt16(cluster.keys.shards) {
                let people = cluster.people(5, of: shard)
                let ids = try await cluster.claim(people, lane: lane, first: 0).map(\.id)
                #expect(ids.compactMap { $0?.sequence } == [0, 1, 2, 3, 4])
                let orders = try await stored(people, cluster)
                #expect(orders.map(\.id) == ids)
                let confirmed = orders.map(\.id)
                #expect(
                    try await store.awaiting { store, then in
                        store.confirm(shard: shard, orders: confirmed, then: then)
                    } == 5)
                #expect(try await deliver(orders, cluster) == Array(repeating: .delivered, count: 5))
            }
            let shards = cluster.keys.shards
            let left = try await store.stockLeft(gift: cluster.gift.slot)
            #expect(left.pool + left.shards == cluster.gift.stock - 5 * shards)
            #expect(try await masters(cluster).count == 3)

            // One that hides a key, lest an empty finding mean that nothing was looked at.
            let hiding = RedisScript(name: "hiding", source: "return redis.call('GET', '{k}hidden')")
            _ = try await cluster.router.run(hiding, keys: [Array("{k}".utf8)], arguments: [])
            for server in cluster.servers.servers { try cluster.servers.ask(server, "PING", "the-end") }
            let findings = try watch.findings(after: "the-end")
            #expect(findings.undeclared == ["get {k}hidden"])
            #expect(findings.scriptCalls >= 5 * shards && findings.commands > findings.scriptCalls)
            let counters = try await cluster.router.loop.submit { cluster.router.clusterCounters! }.get()
            #expect(counters.moved == 0 && counters.repeats == 0)
        }
    }

    @Test("promise 1: a shard's slot moves under running claims: each coupon one order, numbers dense")
    func movingSlot() async throws {
        try await ClusterStore.with { cluster in
            let shard: UInt16 = 3
            let slot = cluster.slot(shard)
            let servers = cluster.servers
            let source = try servers.master(ofSlot: slot)
            let target = try #require(servers.servers.first { $0 !== source })
            let people = cluster.people(400, of: shard)
            var next: UInt32 = 0
            var decided = 0

            /// Claims for the next people; while keys are on two nodes it is refused, and surely not done.
            func claimNext() async throws -> Bool {
                let some = Array(people[decided..<decided + 10])
                do throws(RedisFailure) {
                    let ids = try await cluster.claim(some, lane: 1, first: next).compactMap(\.id)
                    #expect(ids.map(\.sequence) == Array(next..<next + 10))
                    (next, decided) = (next + 10, decided + 10)
                    return true
                } catch {
                    #expect(error.isSurelyNotApplied, "\(error)")
                    return false
                }
            }

            #expect(try await claimNext())
            try servers.beginMove(slot: slot, from: source, to: target)
            // A script with a bucket that is not there yet: some keys are, some are not.
            let refused = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    #expect(try await eventually { try await self.tryAgains(cluster) >= 3 })
                    try servers.moveKeys(slot: slot, from: source, to: target)
                    try servers.endMove(slot: slot, from: source, to: target)
                }
                var refused = 0
                for _ in 0..<8 where !(try await claimNext()) { refused += 1 }
                try await group.waitForAll()
                return refused
            }
            let areAllDecided = try await eventually {
                let isDone = try await claimNext()
                #expect(isDone || refused > 0)
                return decided >= people.count
            }
            #expect(areAllDecided)

            let orders = try await stored(people, cluster)
            #expect(orders.count == people.count && Set(orders.map(\.id.sequence)).count == people.count)
            #expect(try servers.master(ofSlot: slot) === target)
            let repeats = try await cluster.claim(Array(people[..<50]), lane: 1, first: next)
            #expect(repeats.allSatisfy { if case .stored = $0 { true } else { false } })
            let counters = try await cluster.router.loop.submit { cluster.router.clusterCounters! }.get()
            #expect(counters.tryAgain >= 3 && counters.moved + counters.asked > 0)
            #expect(try await cluster.standing() == .open(epoch: 1))
        }
    }

    @Test("a master is killed: its replica is a strange run; known good, it works on")
    func failover() async throws {
        try await ClusterStore.with(replicasEach: 1) { cluster in
            let servers = cluster.servers
            let shard: UInt16 = 5
            let people = cluster.people(20, of: shard)
            _ = try await cluster.claim(Array(people[..<10]), lane: 1, first: 0)
            let key = cluster.keys.epoch(shard: shard)
            #expect(try await cluster.router.send(.make("WAIT", "1", "9000"), key: key).integer == 1)
            #expect(try await cluster.standing() == .open(epoch: 1))

            let (states, continuation) = AsyncStream.makeStream(of: Bool.self)
            try await cluster.router.loop.submit {
                cluster.router.onState = { continuation.yield($0) }
            }.get()
            try servers.master(ofSlot: cluster.slot(shard)).kill9()
            for await isReady in states where isReady { break }
            #expect(try await cluster.standing() == .strangeRun(epoch: 1))

            // As a rebuild says at its end that what the masters hold is known good.
            let runs = try await cluster.store.awaiting { store, then in store.runs(then: then) }
            for run in runs {
                let field = "r" + run
                var command = RedisCommand("HSET")
                command.add(cluster.keys.epoch)
                command.add(field)
                command.add(1)
                _ = try await cluster.router.send(command)
            }
            #expect(try await cluster.standing() == .open(epoch: 1))
            let repeats = try await cluster.claim(Array(people[..<10]), lane: 1, first: 10)
            #expect(repeats.allSatisfy { if case .stored = $0 { true } else { false } })
            let new = try await cluster.claim(Array(people[10...]), lane: 1, first: 10)
            #expect(new.compactMap(\.id?.sequence) == Array(10..<20))
        }
    }

    // MARK: - Asking

    private func stored(_ people: [UInt64], _ cluster: ClusterStore) async throws -> [Order] {
        var orders: [Order] = []
        for user in people {
            orders += try await cluster.store.awaiting { store, then in store.orders(user: user, then: then) }
        }
        return orders
    }

    private func deliver(_ orders: [Order], _ cluster: ClusterStore) async throws -> [OrderState] {
        let shard = orders[0].id.shard
        let attempts = orders.map { AttemptEntry(order: $0, attempt: 1, resendsUnknown: false) }
        let begun = try await cluster.store.awaiting { store, then in
            store.begin(shard: shard, owner: 1, lifeMs: 60_000, entries: attempts, then: then)
        }
        #expect(begun.allSatisfy { $0 == .go })
        let ends = orders.map { SettleEntry(order: $0.id, event: .granted, attempt: 1) }
        return try await cluster.store.awaiting { store, then in
            store.settle(shard: shard, entries: ends, then: then)
        }.map(\.state)
    }

    private func masters(_ cluster: ClusterStore) async throws -> [RedisAddress] {
        try await cluster.router.loop.submit { cluster.router.masters.map(\.address) }.get()
    }

    private func tryAgains(_ cluster: ClusterStore) async throws -> UInt64 {
        try await cluster.router.loop.submit { cluster.router.clusterCounters?.tryAgain ?? 0 }.get()
    }
}

extension ClaimDecision {
    /// The order that was made.
    fileprivate var id: OrderID? {
        if case .accepted(let id, _) = self { id } else { nil }
    }
}
