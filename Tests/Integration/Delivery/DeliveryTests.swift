import Catalog
import Orders
import Stack
import Testing

@Suite("Deliveries over real sockets", .serialized)
struct DeliveryTests {
    @Test("promises 3, 4 and 6: killed in mid-delivery with faults on, every order is granted exactly once")
    func killedInMidDelivery() async throws {
        try await DeliveryHouse.with { house in
            // One of each kind: queryable, idempotent without a query, queryable and granting again on a
            // repeat.
            let games = ["dragon-tide", "teahouse-days", "moon-rabbit"]
            var orders = [Order]()
            for (index, game) in games.enumerated() {
                try house.faults(game, #"{"latency_ms": [2, 30], "error_ratio": 0.03, "drop_ratio": 0.03}"#)
                let some = try house.orders(250, game: game, lane: UInt32(index + 1))
                try await house.produce(some, game: game)
                orders += some
            }
            try house.start()
            #expect(try await eventually { try house.seen().orders >= 60 }, "\(house.log)")
            house.kill()
            #expect(try house.seen().orders < orders.count, "killed too late to be in the middle")
            try house.start()
            #expect(try await eventually { try house.seen().orders == orders.count }, "\(house.log)")
            #expect(
                try await eventually {
                    try await house.states(orders).values.allSatisfy { $0 == .delivered }
                },
                "\(house.log)")
            let seen = try house.seen()
            #expect(seen.orders == orders.count && seen.twice == 0 && seen.windowsOver == 0)
            #expect(house.terminate() == .code(0))
            let granted = try house.records(Topics(campaign: house.catalog.campaign.id).outcomes)
                .map { try OutcomeRecord.decode($0) }.filter { $0.outcome.state == .delivered }
            #expect(Set(granted.map(\.order)).count == orders.count)
        }
    }

    @Test("a poison record goes to .dead byte for byte, and the others are delivered")
    func poison() async throws {
        try await DeliveryHouse.with { house in
            let topics = Topics(campaign: house.catalog.campaign.id)
            let orders = try house.orders(5, game: "teahouse-days", lane: 1)
            try await house.produce([(topics.orders(game: "teahouse-days"), Array("not an order \u{1}".utf8))]
            )
            try await house.produce(orders, game: "teahouse-days")
            try house.start()
            #expect(try await eventually { try house.seen().orders == 5 }, "\(house.log)")
            #expect(
                try await eventually {
                    try house.records(topics.dead).contains { PoisonRecord.isPoison($0) }
                })
        }
    }

    @Test("promise 7: a hung game holds none of the others back")
    func hungGame() async throws {
        try await DeliveryHouse.with { house in
            try house.faults("dragon-tide", #"{"hang_ms": 600000}"#)
            let hung = try house.orders(400, game: "dragon-tide", lane: 1)
            let healthy = try house.orders(100, game: "teahouse-days", lane: 2)
            try await house.produce(hung, game: "dragon-tide")
            try await house.produce(healthy, game: "teahouse-days")
            try house.start()
            #expect(
                try await eventually {
                    try await house.states(healthy).values.allSatisfy { $0 == .delivered }
                },
                "\(house.log)")
            #expect(try await house.states(hung).values.allSatisfy { !$0.isClosed })
        }
    }
}
