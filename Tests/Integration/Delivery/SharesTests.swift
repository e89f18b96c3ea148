import Catalog
import Foundation
import OrderStore
import Orders
import Redis
import Stack
import Testing
import Wire

/// Several deliverers of one campaign, each on shares of the limits.
@Suite("Shares of limits, over real processes", .serialized)
struct SharesTests {
    private static let game = "cloud-racers"
    private static let limits = JSONLimits(maxBytes: 1 << 20, maxDepth: 8, maxNodes: 32_768)

    /// What a deliverer says of itself.
    private struct Look {
        var partitions = 0
        /// Of the game, a second.
        var share = 0.0
    }

    private func crew(_ count: Int, _ house: DeliveryHouse) throws -> [ServiceUnderTest] {
        try (0..<count).map {
            try ServiceUnderTest(
                "crew-\($0)", program: "deliverer", settings: house.delivererSettings,
                environment: [
                    "HONGBAO_GAMES_PORT": "\(house.gamesPort)", "HONGBAO_ROLES_PORT": "\(house.gamesPort)",
                ], in: house.run)
        }
    }

    private func look(_ deliverer: ServiceUnderTest) throws -> Look {
        let answer = try LoopbackHTTP.get(
            port: deliverer.ports["admin"] ?? 0, "/v1/admin/status",
            headers: ["x-api-key": DeliveryHouse.key])
        guard case .object(let status) = try JSON.parse(answer.body, limits: Self.limits),
            case .integer(let partitions)? = status["partitions"], case .array(let games)? = status["games"]
        else { throw StackFailure("no status: \(answer.text)") }
        var look = Look(partitions: Int(partitions))
        for case .object(let game) in games where game["game"] == .string(Self.game) {
            if case .double(let share)? = game["share"] { look.share = share }
            if case .integer(let share)? = game["share"] { look.share = Double(share) }
        }
        return look
    }

    /// Whether all partitions are divided among these.
    private func isDivided(_ deliverers: [ServiceUnderTest], _ house: DeliveryHouse) throws -> Bool {
        let storage = house.catalog.campaign.storage
        let all = house.catalog.games.count * (storage.ordersPartitions + storage.retryTiersMs.count)
        let counts = try deliverers.map { try look($0).partitions }
        return counts.allSatisfy { $0 > 0 } && counts.reduce(0, +) == all
    }

    @Test("promise 6: joined, killed, stopped, with the board away and rolled back: never above the limit")
    func shared() async throws {
        try await DeliveryHouse.with { house in
            let limit = try #require(house.catalog.game(id: Self.game)).limit.perSecond
            let crew = try crew(3, house)
            defer { for deliverer in crew { deliverer.kill() } }
            let orders = try house.orders(5_000, game: Self.game, lane: 1)
            try crew[0].start()
            try crew[1].start()
            #expect(try await eventually { try isDivided(Array(crew[..<2]), house) }, "\(crew[0].log)")
            // All in one partition: its owner has three eighths of the limit, and is lent the others'.
            try await house.produce(orders, game: Self.game, key: "one")
            #expect(
                try await eventually {
                    try crew[..<2].contains { try look($0).share > 0.85 * limit }
                }, "\(crew[0].log)")
            let board = try await house.store { try await $0.redis.send(dump($0)) }

            try crew[2].start()
            #expect(try await eventually { try isDivided(crew, house) }, "\(crew[2].log)")
            #expect(try await eventually { try house.seen().orders > 1_000 }, "\(crew[0].log)")
            crew[0].kill()
            #expect(try await eventually { try isDivided(Array(crew[1...]), house) }, "\(crew[1].log)")
            try crew[0].start()
            #expect(try await eventually { try isDivided(crew, house) }, "\(crew[0].log)")
            // What everybody wrote a while ago is there again.
            _ = try await house.store { try await $0.redis.send(restore($0, board)) }
            let before = try house.seen().orders
            #expect(try await eventually { try house.seen().orders > before + 300 }, "\(crew[0].log)")

            crew[1].pause()
            #expect(
                try await eventually { try isDivided([crew[0], crew[2]], house) }, "\(crew[2].log)")
            house.redis.pause()
            crew[1].resume()
            house.redis.resume()
            #expect(try await eventually { try isDivided(crew, house) }, "\(crew[1].log)")
            #expect(try await eventually { try house.seen().orders == orders.count }, "\(crew[0].log)")
            #expect(
                try await eventually {
                    try await house.states(orders).values.allSatisfy { $0 == .delivered }
                })
            let seen = try house.seen()
            #expect(seen.twice == 0 && seen.windowsOver == 0, "\(seen)")
        }
    }

    private func dump(_ store: OrderStore) -> RedisCommand {
        var command = RedisCommand("DUMP")
        command.add(store.keys.lend)
        return command
    }

    private func restore(_ store: OrderStore, _ board: RedisReply) -> RedisCommand {
        var command = RedisCommand("RESTORE")
        command.add(store.keys.lend)
        command.add("0")
        command.add(board.bytes ?? [])
        command.add("REPLACE")
        return command
    }
}
