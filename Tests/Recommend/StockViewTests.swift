import Catalog
import NIOCore
import NIOPosix
import Orders
import Redis
import Stack
import Testing

@testable import Recommend

@Suite("What is sold out")
struct StockViewTests {
    @Test(
        "promise 8: sold out is a pool with none left and no shard with one at hand"
    )
    func soldOut() async throws {
        let run = try RunDirectory.claimUnique(prefix: "recommend-stock")
        defer { run.release() }
        let server = try RedisServer(in: run)
        defer { server.stop() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var options = RedisOptions()
        options.commandTimeout = .seconds(10)
        let redis = RedisRouter(
            try RedisTarget(url: server.url), loop: group.next(), options: options)
        try await redis.ready(within: .seconds(10))
        let catalog = try ShippedCampaign.catalog()
        let view = try await redis.loop.submit {
            NIOLoopBound(StockView(catalog: catalog, redis: redis), eventLoop: redis.loop)
        }.get()
        @Sendable func places() async throws -> [String] {
            try await redis.loop.flatSubmit {
                let promise = redis.loop.makePromise(of: [String].self)
                view.value.refresh {
                    promise.succeed(
                        catalog.gifts.flatMap { gift in
                            (0..<UInt16(16)).filter { view.value.isSoldOut(gift: gift.slot, shard: $0) }
                                .map { "\(gift.slot):\($0)" }
                        })
                }
                return promise.futureResult
            }.get()
        }

        #expect(try await places() == [])
        _ = try await redis.send(.make("HSET", "{spring-festival}:pool", "l3", "0", "l4", "0", "l5", "7"))
        for shard in 0..<16 {
            _ = try await redis.send(.make("HSET", "{spring-festival:\(shard)}:k", "a3", "1", "a4", "1"))
        }
        #expect(try await places() == [])
        for shard in 0..<15 {
            _ = try await redis.send(.make("HSET", "{spring-festival:\(shard)}:k", "a3", "0"))
            _ = try await redis.send(.make("HDEL", "{spring-festival:\(shard)}:k", "a4"))
        }
        // The last shard's would be recalled.
        #expect(try await places() == [])
        _ = try await redis.send(.make("HSET", "{spring-festival:15}:k", "a4", "0"))
        let everywhere = (0..<16).map { "4:\($0)" }
        #expect(try await places() == everywhere)

        // Redis away: what was known stays.
        server.kill9()
        #expect(try await places() == everywhere)
        try server.restart(keepingData: true)
        try await redis.ready(within: .seconds(20))
        // Stock added.
        _ = try await redis.send(.make("HSET", "{spring-festival}:pool", "l3", "5", "l4", "5"))
        #expect(try await places() == [])

        await redis.shutDown()
        try await group.shutdownGracefully()
    }
}
