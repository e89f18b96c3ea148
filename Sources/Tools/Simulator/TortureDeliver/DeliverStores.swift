import Catalog
import Kafka
import Logging
import NIOCore
import OrderLog
import OrderStore
import Orders
import Redis
import Stack

/// What Redis and Kafka hold of the orders.
struct DeliverStores: Sendable {
    /// What Kafka tells of one order.
    struct Facts: Sendable, Equatable {
        var outcomes: Set<Outcome> = []
        /// It stands in `.dead`.
        var isDead = false
    }

    /// Everything in the end.
    struct Holdings: Sendable {
        var states: [OrderID: OrderState] = [:]
        var facts: [OrderID: Facts] = [:]
        var poison = 0
        var unreadable = 0
    }

    let redis: RedisRouter
    private let store: OrderStore
    private let catalog: Catalog

    init(_ house: DeliverHouse, loop: any EventLoop) throws {
        catalog = house.catalog
        var options = RedisOptions()
        options.commandTimeout = .seconds(10)
        redis = RedisRouter(try RedisTarget(url: house.redis.url), loop: loop, options: options)
        let storage = catalog.campaign.storage
        store = OrderStore(
            redis: redis,
            keys: StoreKeys(
                campaign: catalog.campaign.id, shards: storage.shards, buckets: storage.claimBuckets))
    }

    /// Where the orders stand; a failure while Redis does not answer.
    func states(_ orders: some Sequence<OrderID>) async -> Swift.Result<[OrderID: OrderState], RedisFailure> {
        do throws(RedisFailure) {
            return .success(try await store.states(orders))
        } catch {
            return .failure(error)
        }
    }

    /// Orders in flight, with the attempts made of each.
    func flights(_ orders: some Sequence<OrderID>) async throws(RedisFailure) -> [OrderID: UInt16] {
        let flying = try await store.states(orders).filter { $0.value == .inFlight }
        return try await store.attemptsMade(Array(flying.keys))
    }

    func cutConnections() async throws {
        // While Redis is away there is nothing to cut.
        var command = RedisCommand("CLIENT")
        for word in ["KILL", "TYPE", "normal", "SKIPME", "yes"] { command.add(word) }
        _ = try? await redis.send(command)
    }

    func empty() async throws {
        try await redis.ready(within: .seconds(20))
        _ = try await redis.send(RedisCommand("FLUSHALL"))
    }

    /// Reads everything; nothing may be delivered meanwhile. Blocks for Kafka.
    func read(_ orders: some Sequence<OrderID>, bootstrap: String) async throws -> Holdings {
        var holdings = Holdings()
        holdings.states = try await store.states(orders)
        let catalog = catalog
        let read = holdings
        return try await Torture.blocking { try Self.readTopics(read, catalog, bootstrap) }
    }

    private static func readTopics(
        _ holdings: Holdings, _ catalog: Catalog, _ bootstrap: String
    ) throws -> Holdings {
        var holdings = holdings
        let reader = try KafkaReader(
            options: KafkaClientOptions(bootstrap: bootstrap, clientID: "hongbao-torture"),
            logger: Logger(label: "torture"))
        let topics = Topics(campaign: catalog.campaign.id)
        try TopicScan.all(topics.outcomes, reader: reader) { _, record in
            guard let outcome = try? OutcomeRecord.decode(record.value) else {
                holdings.unreadable += 1
                return
            }
            holdings.facts[outcome.order, default: Facts()].outcomes.insert(outcome.outcome)
        }
        try TopicScan.all(topics.dead, reader: reader) { _, record in
            if PoisonRecord.isPoison(record.value) {
                holdings.poison += 1
            } else if let dead = try? DeadRecord.decode(record.value, catalog) {
                holdings.facts[dead.order.id, default: Facts()].isDead = true
            } else {
                holdings.unreadable += 1
            }
        }
        return holdings
    }
}
