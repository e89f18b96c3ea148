import OrderStore
import Orders
import Stack
import Testing

/// People with their coupons, one each, and what they were told.
final class PeopleNotes {
    private let house: RebuildHouse
    /// By user.
    private(set) var orders: [UInt64: String] = [:]
    private var nextUser: UInt64 = 1

    init(_ house: RebuildHouse) {
        self.house = house
    }

    /// So many new people claim at once, each until told yes or no.
    func claim(_ count: Int, meanwhile: () async throws -> Void = {}) async throws {
        let crowd = house.crowd
        let users = nextUser..<nextUser + UInt64(count)
        nextUser += UInt64(count)
        let answers = try await withThrowingTaskGroup(of: (UInt64, ClaimCrowd.Answer).self) { group in
            for user in users {
                group.addTask { (user, await crowd.claimUntilFinal(user: user, serial: user)) }
            }
            try await meanwhile()
            return try await group.reduce(into: [UInt64: ClaimCrowd.Answer]()) { $0[$1.0] = $1.1 }
        }
        for (user, answer) in answers {
            #expect([200, 202].contains(answer.status), "\(answer)")
            let order: String = try #require(answer.order, "\(answer)")
            orders[user] = order
        }
    }

    /// Everybody asks again: the same order, 200.
    func askAgain() async throws {
        for (user, order) in orders {
            let answer = await house.crowd.claimUntilFinal(user: user, serial: user)
            try #require(answer.status == 200 && answer.order == order, "\(answer), before \(order)")
        }
    }

    /// Waits until all that were told yes stand as delivered in Redis: their outcomes are in Kafka then.
    func settled() async throws -> Set<String> {
        let ids = orders.values.compactMap { OrderID(text: $0) }
        let isSettled = try await house.store { store in
            try await eventually {
                try await store.states(ids).values.allSatisfy { $0 == .delivered }
            }
        }
        #expect(isSettled)
        return Set(orders.values)
    }

    /// All were delivered.
    func areDelivered() async throws -> Bool {
        let wanted = Set(orders.values)
        return try await eventually { wanted.isSubset(of: house.game.deliveries.keys) }
    }

    /// The game had each order of before once, and all IDs are different; the stores agree.
    func audit(deliveredBefore: Set<String>) async throws {
        #expect(Set(orders.values).count == orders.count)
        let deliveries = house.game.deliveries
        for order in deliveredBefore { #expect(deliveries[order] == 1) }
        #expect(Set(deliveries.keys) == Set(orders.values))
        var last = ""
        let agrees = try await eventually {
            let verified = try house.command("verify")
            last = verified.output
            return verified.exit == .code(0)
        }
        #expect(agrees, "\(last)")
    }
}
