import Foundation
import OrderStore
import Orders
import Stack
import Testing
import Wire

@testable import Deliverer

@Suite("Parked orders: settled by hand", .serialized)
struct ParkedTests {
    private static let game = "teahouse-days"

    @Test("listed with what the game's people need, settled either way, and never twice")
    func settled() async throws {
        try await DeliveryHouse.with { house in
            let orders = try house.orders(7, game: Self.game, lane: 1)
            try await house.park(Array(orders[..<6]))
            #expect(try house.desk("parked", "list", "--game", "moon-rabbit").output.contains("no parked"))
            let list = try house.desk("parked", "list", "--game", Self.game)
            #expect(list.exit == .code(0), "\(list.output)")
            for order in orders[..<6] {
                #expect(list.output.contains(order.id.text))
                #expect(list.output.contains(String(decoding: Hex.encode(order.coupon), as: UTF8.self)))
            }
            let json = try house.desk("parked", "list", "--limit", "2", "--json").output
            #expect(json.contains("\"beyond\":4") && json.contains("\"attempts\":1"), "\(json)")

            let who = ["--apply", "--by", "ann", "--reason", "asked them"]
            func settle(_ arguments: [String]) throws -> (exit: ChildProcess.Exit?, output: String) {
                let process = try house.begin(["parked", "settle"] + arguments)
                return (process.waitForExit(within: .seconds(60)), process.logTail(lines: 100))
            }
            let granted = orders[..<2].map(\.id.text)
            #expect(try settle(granted).exit == .code(64))
            #expect(try settle(granted + ["--granted", "--apply"]).exit == .code(64))
            #expect(try settle(["what", "--granted"]).exit == .code(65))
            #expect(try settle(granted + ["--granted"]).output.contains("would settle 2"))
            #expect(try house.control().isEmpty)
            let done = try settle(granted + ["--granted"] + who)
            #expect(done.exit == .code(0) && done.output.contains("settled 2 orders"), "\(done.output)")
            #expect(try await house.states(Array(orders[..<2])).values.allSatisfy { $0 == .delivered })
            let again = try settle(granted + ["--granted"] + who)
            #expect(again.exit == .code(0) && again.output.contains("settled 0 orders"), "\(again.output)")
            let back = try settle(granted + ["--not-granted"] + who)
            #expect(
                back.exit == .code(65) && back.output.contains("is delivered, not parked"), "\(back.output)")

            let file = house.path("orders.txt")
            let lines = "# by mail\n" + orders[2...].map { "\($0.id.text)\tsomething\n" }.joined()
            try Data(lines.utf8).write(to: URL(fileURLWithPath: file))
            let many = try settle(["--from", file, "--not-granted"] + who)
            #expect(many.exit == .code(65) && many.output.contains("settled 4 orders"), "\(many.output)")
            #expect(many.output.contains("\(orders[6].id): refused: nothing is known"), "\(many.output)")
            let records = try house.resent(Self.game)
            #expect(Set(records.map(\.id)) == Set(orders[2..<6].map(\.id)))
            #expect(records.allSatisfy { $0.attempt == 1 })
            try house.start()
            #expect(try await house.areAll(.delivered, Array(orders[..<6])), "\(house.log)")
            let seen = try house.seen()
            #expect(seen.orders == 4 && seen.twice == 0)
            let outcomes = try house.records(house.topics.outcomes).map { try OutcomeRecord.decode($0) }
            let byHand = outcomes.filter { $0.reason.contains("by hand by ann: asked them") }
            #expect(byHand.count { $0.outcome == .alreadyGranted } == 2)
            #expect(byHand.count { $0.outcome == .failed } == 4)
            let words = try house.control().compactMap { act -> Bool? in
                if case .parked(_, let granted, "ann", "asked them", _) = act { granted } else { nil }
            }
            #expect(words.count { $0 } == 2 && words.count { !$0 } == 4)
        }
    }

    @Test("cut off behind any step, the same command ends it")
    func cutOff() async throws {
        try await DeliveryHouse.with { house in
            var (granted, refused) = ([Order](), [Order]())
            for (number, step) in ParkedSettlement.Step.allCases.enumerated() {
                let orders = try house.orders(3, game: Self.game, lane: UInt32(number * 2 + 1))
                try await Self.cut(step, isGranted: true, orders, house)
                granted += orders
                let others = try house.orders(3, game: Self.game, lane: UInt32(number * 2 + 2))
                try await Self.cut(step, isGranted: false, others, house)
                refused += others
            }
            let records = try house.resent(Self.game)
            #expect(records.count == refused.count && Set(records.map(\.id)) == Set(refused.map(\.id)))
            try house.start()
            #expect(try await house.areAll(.delivered, granted + refused), "\(house.log)")
            let seen = try house.seen()
            #expect(seen.orders == refused.count && seen.twice == 0)
        }
    }

    private static func cut(
        _ step: ParkedSettlement.Step, isGranted: Bool, _ orders: [Order], _ house: DeliveryHouse
    ) async throws {
        func sentAgain() throws -> [OrderID] {
            let ids = Set(orders.map(\.id))
            return try house.resent(game).map(\.id).filter { ids.contains($0) }
        }
        try await house.park(orders)
        await #expect(throws: CutOff.self) {
            try await house.settle(orders, isGranted) { if $0 == step { throw CutOff() } }
        }
        if isGranted, step == .told || step == .recorded {
            // The grant may be a fact already.
            let other = try await house.settle(orders, false)
            #expect(other.allSatisfy { if case .refused = $0 { true } else { false } }, "\(step)")
        }
        try await house.settle(orders, isGranted)
        let sent = try sentAgain()
        #expect(sent.count == (isGranted ? 0 : 3) && Set(sent).count == sent.count, "\(step)")
        let third = try await house.settle(orders, isGranted)
        #expect(third.allSatisfy { if case .settledBefore = $0 { true } else { false } }, "\(step)")
        #expect(try sentAgain().count == sent.count, "\(step)")
    }
}

extension DeliveryHouse {
    /// Brings orders to where nothing but a person can find out.
    func park(_ orders: [Order]) async throws {
        try await store { store in
            for order in orders {
                _ = try await store.awaiting { store, then in
                    store.begin(
                        shard: order.id.shard, owner: 3, lifeMs: 60_000,
                        entries: [AttemptEntry(order: order, attempt: 1, resendsUnknown: false)], then: then)
                }
                for event in [OrderEvent.lost, .parked] {
                    let decisions = try await store.awaiting { store, then in
                        store.settle(
                            shard: order.id.shard,
                            entries: [SettleEntry(order: order.id, event: event, attempt: 1)], then: then)
                    }
                    guard decisions.first?.applied == true else { throw StackFailure("\(decisions)") }
                }
            }
        }
    }

    @discardableResult
    func settle(
        _ orders: [Order], _ isGranted: Bool,
        _ onStep: @escaping (ParkedSettlement.Step) throws -> Void = { _ in }
    ) async throws -> [ParkedSettlement.Due] {
        try await stores { stores in
            let settlement = ParkedSettlement(
                stores: stores, isGranted: isGranted, by: "ann", reason: "test", onStep: onStep)
            let decisions = try await settlement.decide(orders.map(\.id))
            let changed = try await settlement.apply(decisions)
            guard changed.isEmpty else { throw StackFailure("\(changed)") }
            return decisions.map(\.due)
        }
    }
}
