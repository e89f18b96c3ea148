import OrderStore
import Orders
import Stack
import Synchronization
import Testing

@Suite("Claim's outbox", .serialized)
struct ClaimOutboxTests {
    /// So many people's first claims, while Kafka is away.
    private func claimInVain(_ people: ClosedRange<UInt64>, _ house: ClaimHouse) async {
        await withTaskGroup(of: ClaimCrowd.Answer.self) { group in
            for user in people { group.addTask { await house.crowd.claim(user: user, serial: user) } }
            for await answer in group {
                #expect(answer.status == 503 && answer.retryAfterS != nil, "\(answer)")
            }
        }
    }

    /// Order IDs that the repeats of those people find.
    private func repeats(_ people: ClosedRange<UInt64>, _ house: ClaimHouse) async -> Set<String> {
        var orders: Set<String> = []
        for user in people {
            let answer = await house.crowd.claimUntilFinal(user: user, serial: user)
            #expect(answer.status == 200, "\(answer)")
            if let order = answer.order { orders.insert(order) }
        }
        return orders
    }

    @Test("Kafka away for longer than the sweep's age, under load: no storm of twins afterwards")
    func noStorm() async throws {
        try await ClaimHouse.with(limits: ["answer_deadline: 300ms"]) { (house) async throws in
            #expect(await house.crowd.claim(user: 1000, serial: 1000).status == 202)
            try house.broker("down")
            await claimInVain(1...400, house)
            // All given up by the producer, and some tried by the sweep: from now on only it brings them
            // there.
            #expect(
                try await eventually {
                    let failed = #"claim_kafka_reports_total{outcome="failed"} 40"#
                    guard try house.metrics().contains(failed) else { return false }
                    return try (house.number("outbox_swept") ?? 0) > 1
                })
            let swept = try house.number("outbox_swept") ?? 0
            #expect(swept < 40)
            try house.broker("up")
            let orders = await repeats(1...400, house)
            #expect(orders.count == 400)
            let produced = try house.produced().filter { $0.user <= 400 }.map(\.id.text)
            #expect(Set(produced) == orders)
            let twins = produced.count - orders.count
            print("twins in the topic: \(twins) of \(orders.count)")
            #expect(twins <= 20)
        }
    }

    @Test("Kafka hung with orders on their way: what it took late and what is swept are one order each")
    func hung() async throws {
        try await ClaimHouse.with(limits: ["answer_deadline: 300ms"]) { (house) async throws in
            #expect(await house.crowd.claim(user: 1000, serial: 1000).status == 202)
            house.kafka.pause()
            await claimInVain(1...200, house)
            #expect(try await eventually { try (house.number("outbox_swept") ?? 0) > 0 })
            house.kafka.resume()
            let orders = await repeats(1...200, house)
            #expect(orders.count == 200)
            var copies: [String: Int] = [:]
            for order in try house.produced() where order.user <= 200 {
                copies[order.id.text, default: 0] += 1
            }
            #expect(Set(copies.keys) == orders)
            print("twins in the topic: \(copies.values.reduce(0) { $0 + $1 - 1 }) of \(orders.count)")
            #expect(copies.values.allSatisfy { $0 <= 3 })
        }
    }

    @Test("an outbox that is full takes no more: 503, and no order")
    func bounded() async throws {
        let limits = ["answer_deadline: 300ms", "outbox_max: 5"]
        try await ClaimHouse.with(limits: limits) { (house) async throws in
            let crowd = house.crowd
            try house.broker("down")
            for serial in 1...9 as ClosedRange<UInt64> {
                let answer = await crowd.claim(user: 7, serial: serial)
                #expect(answer.status == 503 && answer.retryAfterS != nil)
                #expect(answer.body.contains("too many accepted orders") == (serial > 5))
            }
            let mine = try await house.store { store in
                try await store.awaiting { store, then in store.orders(user: 7, then: then) }
            }
            #expect(Set(mine.map(\.coupon)) == [1, 2, 3, 4, 5])
            try house.broker("up")
            var orders: Set<String> = []
            for serial in 1...9 as ClosedRange<UInt64> {
                let answer = await crowd.claimUntilFinal(user: 7, serial: serial)
                #expect(answer.status == (serial > 5 ? 202 : 200))
                answer.order.map { _ = orders.insert($0) }
            }
            #expect(orders.count == 9)
        }
    }

    @Test("promise 9: kill -9 with orders in the outbox: another process's lane brings them to Kafka")
    func sweptByOthers() async throws {
        try await ClaimHouse.with(limits: ["answer_deadline: 300ms"]) { (house) async throws in
            let other = try house.startAnother()
            try house.broker("down")
            await claimInVain(1...30, house)
            let accepted = try await house.store { store in
                var orders: Set<String> = []
                for user in 1...30 as ClosedRange<UInt64> {
                    let own = try await store.awaiting { store, then in store.orders(user: user, then: then) }
                    for order in own { orders.insert(order.id.text) }
                }
                return orders
            }
            #expect(accepted.count == 30)
            house.killClaim()
            try house.broker("up")
            // Nobody claims any more: the sweep of the living lane alone must do it.
            let isThere = try await eventually {
                Set(try house.produced().map(\.id.text)) == accepted
            }
            #expect(isThere)
            house.crowd.port.withLock { $0 = other.port }
            #expect(await repeats(1...30, house) == accepted)
        }
    }
}
