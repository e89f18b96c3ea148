import OrderStore
import Orders
import Redis
import Stack
import Testing

/// Approvals, amounts, quotas and added stock outlive either store.
@Suite("Rebuild of rules", .serialized)
struct RebuildRulesTests {
    /// `jewel` is held for two operators, `scarce` is a lucky packet, and nobody has more than two packs.
    private static let edits = [
        #""ranking": {"#:
            #""approval": {"hold": "always", "twoPersonsFrom": 5}, "quotas": {"perPerson": 2}, "ranking": {"#,
        #""id": "jewel","#: #""id": "jewel", "value": 5,"#,
        #""stock": 150,"#: #""stock": 150, "amount": {"total": 5000, "draw": "double_average"},"#,
        #""stock": 1000000,"#: #""stock": 1000, "amount": {"total": 90000, "draw": "presplit"},"#,
    ]
    private static let reason = #"{"reason":"looked at"}"#
    private static let moreStock = #"{"gift":"scarce","add":10,"units":300,"act":"a1","reason":"more"}"#

    @Test("promises 1, 5, 9: what operators did, amounts and quotas are there after each loss")
    func rules() async throws {
        try await RebuildHouse.with(edits: Self.edits) { (house) async throws in
            let crowd = house.crowd
            var told: [UInt64: String] = [:]
            for user in 1...12 as ClosedRange<UInt64> {
                let gift = user % 2 == 0 ? "scarce" : "plenty"
                let answer = await crowd.claimUntilFinal(user: user, serial: user, gift: gift)
                let order: String = try #require(answer.order, "\(answer)")
                told[user] = order
            }
            for user in 20...23 as ClosedRange<UInt64> {
                let answer = await crowd.claimUntilFinal(user: user, serial: user, gift: "jewel")
                #expect(answer.state == "held", "\(answer)")
                let order: String = try #require(answer.order, "\(answer)")
                told[user] = order
            }
            func word(_ name: String, _ user: UInt64, _ verdict: String) throws -> Int {
                try house.act(name, "held/\(told[user] ?? "")/\(verdict)", Self.reason).status
            }
            #expect(try word("ada", 20, "approve") == 202)
            #expect(try word("ada", 21, "approve") == 202)
            #expect(try word("bob", 21, "approve") == 200)
            #expect(try word("ada", 22, "refuse") == 200)
            #expect(try house.act("ada", "stock", Self.moreStock).status == 200)
            #expect(try await Self.areDelivered(house, [told[1], told[12], told[21]]))

            try await house.store { store in _ = try await store.redis.send(.make("FLUSHALL")) }
            try await Self.check(house, told)
            #expect(try word("ada", 20, "approve") == 409)
            #expect(try word("bob", 20, "approve") == 200)
            #expect(try await Self.areDelivered(house, [told[20]]))

            // One more pack is within the quota, another one is not: then, and after both stores were lost.
            let more = await crowd.claimUntilFinal(user: 1, serial: 101, gift: "scarce")
            #expect(more.status == 202)
            // What Kafka alone knows to be granted would rightly go out again, under the same ID.
            #expect(try await Self.areDelivered(house, [more.order]))
            #expect(await crowd.claimUntilFinal(user: 1, serial: 102, gift: "scarce").problem == "over-quota")
            try house.kafka.restart()
            try house.restartClients()
            #expect(try await eventually { try house.command("verify").exit == .code(0) })
            try house.redis.restart(keepingData: false)
            try await Self.check(house, told)
            #expect(await crowd.claimUntilFinal(user: 1, serial: 102, gift: "scarce").problem == "over-quota")
            #expect(try word("ada", 23, "approve") == 202)
            #expect(try word("bob", 23, "approve") == 200)
            #expect(try await Self.areDelivered(house, [told[23]]))
            #expect(house.game.deliveries.values.allSatisfy { $0 == 1 })
            #expect(house.game.deliveries[told[22] ?? ""] == nil)
        }
    }

    /// Everybody finds the order that they were told of; an act that is told twice is done once; the stores
    /// agree.
    private static func check(_ house: RebuildHouse, _ told: [UInt64: String]) async throws {
        for (user, order) in told {
            let gift = user >= 20 ? "jewel" : user % 2 == 0 ? "scarce" : "plenty"
            let answer = await house.crowd.claimUntilFinal(user: user, serial: user, gift: gift)
            try #require(answer.status == 200 && answer.order == order, "\(answer), before \(order)")
            if user == 22 { #expect(answer.state == "voided") }
            if user == 23 { #expect(answer.state == "held") }
        }
        #expect(try house.act("ada", "stock", Self.moreStock).status == 200)
        var last = ""
        let agrees = try await eventually {
            let verified = try house.command("verify")
            last = verified.output
            return verified.exit == .code(0)
        }
        #expect(agrees, "\(last)")
    }

    /// At the game, in Kafka and in Redis, which comes last.
    private static func areDelivered(_ house: RebuildHouse, _ orders: [String?]) async throws -> Bool {
        let wanted = Set(orders.compactMap { $0 })
        let ids = wanted.compactMap { OrderID(text: $0) }
        return try await eventually {
            guard wanted.isSubset(of: house.game.deliveries.keys) else { return false }
            return try await house.store { try await $0.states(ids) }.values.allSatisfy { $0 == .delivered }
        }
    }
}
