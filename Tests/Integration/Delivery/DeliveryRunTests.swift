import Orders
import Redis
import Stack
import Testing

@Suite("Deliveries and Redis's run", .serialized)
struct DeliveryRunTests {
    @Test("promise 9: in a Redis that was restarted nothing is begun until its run is known good")
    func restarted() async throws {
        try await DeliveryHouse.with { house in
            let before = try house.orders(20, game: "teahouse-days", lane: 1)
            try await house.produce(before, game: "teahouse-days")
            try house.start()
            #expect(try await eventually { try house.seen().orders == 20 }, "\(house.log)")
            try house.redis.restart(keepingData: true)
            #expect(
                try await eventually { try house.readiness().contains("rebuild it") }, "\(house.log)")
            let after = try house.orders(20, game: "moon-rabbit", lane: 2)
            try await house.produce(after, game: "moon-rabbit")
            // All are read, none is sent.
            #expect(try await eventually { try house.waiting() == 20 }, "\(house.log)")
            #expect(try house.seen().orders == 20)
            try await house.acceptRuns()
            #expect(try await eventually { try house.seen().orders == 40 }, "\(house.log)")
            let isSettled = try await eventually {
                try await house.states(before + after).values.allSatisfy { $0 == .delivered }
            }
            #expect(isSettled, "\(house.log)")
            #expect(try house.seen().twice == 0)
        }
    }

    @Test("a campaign that is not open yet: the deliverer waits for it")
    func notOpen() async throws {
        try await DeliveryHouse.with(isOpen: false) { house in
            let orders = try house.orders(5, game: "teahouse-days", lane: 1)
            try await house.produce(orders, game: "teahouse-days")
            try house.start()
            #expect(try await eventually { try house.waiting() == 5 }, "\(house.log)")
            #expect(try house.readiness().contains("not open"))
            #expect(try house.seen().orders == 0)
            try await house.openRun()
            #expect(try await eventually { try house.seen().orders == 5 }, "\(house.log)")
        }
    }
}
