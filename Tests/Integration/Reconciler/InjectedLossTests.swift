import Foundation
import OrderStore
import Orders
import Stack
import Testing
import Wire

/// Losses done to a house at work: each is found, named, and, where it may be, healed with no double grant.
@Suite("Reconciler: injected losses", .serialized)
struct InjectedLossTests {
    private static let game = "teahouse-days"
    /// A game that can be asked.
    private static let asked = "dragon-tide"

    @Test("promise 4: records dropped from the queue are missing, with or without states, and sent once")
    func recordsDropped() async throws {
        try await DeliveryHouse.with { house in
            let known = try await house.claimed(6, game: Self.asked, lane: 1)
            let stateless = try await house.claimed(4, game: Self.asked, lane: 2)
            let never = try await house.claimed(3, game: Self.asked, lane: 3)
            try await house.produce(known + stateless, game: Self.asked)
            try await house.confirmed(known + stateless + never)
            try house.passEverything(Self.asked)
            try await house.forgetStates(stateless)
            try house.start()
            let whole = try await house.claimed(5, game: Self.asked, lane: 4)
            try await house.produce(whole, game: Self.asked)
            #expect(try await house.areAll(.delivered, whole), "\(house.log)")

            let found = try house.reconcile()
            #expect(found.classes == ["delivered": 5, "missing": 13], "\(found.output)")
            #expect(!found.isClean && found.conflicts.isEmpty, "\(found.output)")
            let passed = JSON.string("passed_over")
            let isPassed = found.orders("missing", where: "reason", is: passed)
            #expect(isPassed == Set((known + stateless).map(\.id)))
            #expect(
                found.orders("missing", where: "reason", is: .string("never_queued")) == Set(never.map(\.id)))
            #expect(
                found.orders("missing", where: "asks_first", is: .bool(true)) == Set(stateless.map(\.id)))

            let healed = try house.heal()
            #expect(healed.contains("sent 13 orders"), "\(healed)")
            let all = known + stateless + never
            #expect(try await house.areAll(.delivered, all), "\(house.log)")
            let seen = try house.seen()
            #expect(seen.orders == 18 && seen.twice == 0 && seen.windowsOver == 0)
            let last = try house.reconcile()
            #expect(last.isClean && last.classes == ["delivered": 18], "\(last.output)")
            #expect(try house.heal().contains("sent 0 orders"))
        }
    }

    @Test("promise 4: granted, the answer lost, then the retry and the state: it is not granted again")
    func grantedAndForgotten() async throws {
        try await DeliveryHouse.with { house in
            try house.faults(Self.game, #"{"drop_ratio": 1}"#)
            try house.start()
            let orders = try await house.claimed(3, game: Self.game, lane: 1)
            try await house.produce(orders, game: Self.game)
            try await house.confirmed(orders)
            // Its breaker opens before all are tried.
            #expect(try await eventually { try house.seen().orders > 0 }, "\(house.log)")
            house.kill()
            try house.passEverything(Self.game)
            try await house.forgetStates(Array(orders.prefix(1)))
            try house.faults(Self.game, #"{"drop_ratio": 0}"#)
            // Attempts that were cut off lapse.
            var found = try house.reconcile()
            for _ in 0..<60 where found.classes != ["missing": 3] {
                await ClaimHouse.moment()
                found = try house.reconcile()
            }
            #expect(found.classes == ["missing": 3], "\(found.output)")
            try house.start()
            let healed = try house.heal()
            #expect(healed.contains("sent 3 orders"), "\(healed)")
            #expect(try await house.areAll(.delivered, orders), "\(house.log)")
            let seen = try house.seen()
            #expect(seen.orders == 3 && seen.twice == 0)
            let last = try house.reconcile()
            #expect(last.isClean && last.classes == ["delivered": 3], "\(last.output)")
        }
    }

    @Test("outcomes and states that one store lost are named by both sides, and come back from the other")
    func sidesLost() async throws {
        try await DeliveryHouse.with { house in
            try house.start()
            let delivered = try await house.claimed(4, game: Self.game, lane: 1)
            let stateless = try await house.claimed(3, game: Self.game, lane: 2)
            try await house.produce(delivered + stateless, game: Self.game)
            #expect(try await house.areAll(.delivered, delivered + stateless), "\(house.log)")
            let untold = try await house.claimed(2, game: Self.game, lane: 3)
            try await house.grantInRedisOnly(untold)
            try await house.forgetStates(stateless)

            let found = try house.reconcile()
            #expect(found.classes == ["delivered": 9], "\(found.output)")
            #expect(found.conflicts == ["outcome_lost": 2, "state_lost": 3], "\(found.output)")
            #expect(found.says(untold[0].id) == ["outcomes": "nothing", "states": "delivered"])
            #expect(found.says(stateless[0].id) == ["outcomes": "granted by attempt 1", "states": "none"])
            #expect(try house.heal().contains("sent 0 orders"))

            let rebuilt = try house.reconciler("rebuild", "--kafka")
            #expect(rebuilt.exit == .code(0), "\(rebuilt.output)")
            let half = try house.reconcile()
            #expect(half.conflicts == ["state_lost": 3], "\(half.output)")
            let whole = try house.reconciler("rebuild", "--redis")
            #expect(whole.exit == .code(0), "\(whole.output)")
            let last = try house.reconcile()
            #expect(last.isClean && last.classes == ["delivered": 9], "\(last.output)")
            let seen = try house.seen()
            #expect(seen.orders == 7 && seen.twice == 0)
        }
    }

    @Test("what a game says against us is named by both sides, and nothing is sent for it that it granted")
    func gameLied() async throws {
        try await DeliveryHouse.with { house in
            try house.start()
            let refused = try await house.rejected(2, game: Self.asked, lane: 1)
            let whole = try await house.claimed(6, game: Self.asked, lane: 2)
            try await house.produce(whole, game: Self.asked)
            #expect(try await house.areAll(.delivered, whole), "\(house.log)")
            let stranger = OrderID(lane: 99, shard: 0, sequence: 1)
            // whole[0] is not told, whole[1] twice, refused[0] although it was refused.
            let told = whole.dropFirst() + [whole[1], refused[0]]
            let rows = told.map { "\($0.id.text),ok" } + ["\(stranger.text),ok", "rubbish,ok"]
            let path = house.path("theirs.csv")
            try Data(("order,status\n" + rows.joined(separator: "\n")).utf8)
                .write(to: URL(fileURLWithPath: path))

            let found = try house.reconcile("--statement", "\(Self.asked)=\(path):csv=order")
            #expect(found.classes == ["delivered": 6, "rejected": 2], "\(found.output)")
            #expect(!found.isClean && found.conflicts == ["granted_there": 1, "not_granted_there": 1])
            #expect(found.orders("doubled") == [whole[1].id])
            #expect(found.orders("unexpected", where: "source", is: .string("statement")) == [stranger])
            #expect(found.says(whole[0].id)["statement"]?.hasPrefix("nothing") == true, "\(found.output)")
            #expect(found.says(whole[0].id)["outcomes"]?.hasPrefix("granted") == true)
            #expect(found.says(refused[0].id)["statement"]?.hasPrefix("granted") == true)
            #expect(found.says(refused[0].id)["outcomes"]?.hasPrefix("rejected") == true)
            #expect(found.output.contains("theirs.csv:10: no order ID"), "\(found.output)")
            #expect(try house.heal().contains("sent 0 orders"))
            let seen = try house.seen()
            #expect(seen.orders == 6 && seen.twice == 0)
            let nobody = try house.reconciler("run", "--statement", "nobody=\(path)")
            #expect(nobody.exit == .code(65) && nobody.output.contains("nobody"), "\(nobody.output)")
            let column = try house.reconciler("run", "--statement", "\(Self.asked)=\(path):csv=id")
            #expect(column.exit == .code(65) && column.output.contains("no column"), "\(column.output)")
        }
    }
}
