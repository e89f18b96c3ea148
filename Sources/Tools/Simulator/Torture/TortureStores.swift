import Catalog
import Kafka
import Logging
import NIOCore
import OrderLog
import Orders
import Redis
import Stack

/// What Redis and Kafka hold in the end, read without the services' own code for scripts and rebuilding.
struct TortureStores: Sendable {
    /// Packs of one gift, wherever they are.
    struct Stock: Sendable, Equatable {
        var total = 0
        var inPool = 0
        var atHand = 0
        /// Drawn from the pool, and the shard not yet told.
        var drawnUncredited = 0
        /// Taken back from a shard, and the pool not yet told.
        var returnedUncredited = 0

        var left: Int { inPool + atHand + drawnUncredited + returnedUncredited }
    }

    /// Everything that is compared.
    struct Holdings: Sendable {
        var redisOrders: [Order] = []
        var states: [OrderID: OrderState] = [:]
        /// In the outbox still.
        var outbox = 0
        /// Every record in the order topics, twins included.
        var kafkaOrders: [Order] = []
        var unreadable = 0
        /// By gift slot.
        var stock: [Stock] = []
    }

    let redis: RedisConnection
    private let catalog: Catalog
    private let keys: StoreKeys

    init(_ catalog: Catalog, redisURL: String, loop: any EventLoop) throws {
        self.catalog = catalog
        var options = RedisOptions()
        options.commandTimeout = .seconds(10)
        redis = RedisConnection(address: try RedisAddress(url: redisURL), loop: loop, options: options)
        let storage = catalog.campaign.storage
        keys = StoreKeys(
            campaign: catalog.campaign.id, shards: storage.shards, buckets: storage.claimBuckets)
    }

    func outboxCount() async throws -> Int {
        var count = 0
        for shard in 0..<keys.shards {
            count += Int(
                try await redis.send(command("HLEN", keys.outbox(shard: UInt16(shard)))).integer ?? 0)
        }
        return count
    }

    /// Reads everything; nobody may claim meanwhile.
    func read(bootstrap: String) async throws -> Holdings {
        var holdings = Holdings()
        try await readClaims(into: &holdings)
        try await readStates(into: &holdings)
        holdings.outbox = try await outboxCount()
        holdings.stock = try await readStock()
        try readTopics(bootstrap, into: &holdings)
        return holdings
    }

    private func command(_ name: StaticString, _ key: [UInt8]) -> RedisCommand {
        var command = RedisCommand(name)
        command.add(key)
        return command
    }

    private func readClaims(into holdings: inout Holdings) async throws {
        for shard in 0..<keys.shards {
            for bucket in 0..<keys.buckets {
                let key = keys.claims(shard: UInt16(shard), bucket: bucket)
                let entries = try await redis.send(command("HGETALL", key)).array ?? []
                for at in stride(from: 0, to: entries.count - 1, by: 2) {
                    guard let field = entries[at].bytes, let coupon = UInt64(bigEndianBytes: field),
                        let value = entries[at + 1].bytes,
                        let order = ClaimRecord.decode(value, coupon: coupon)
                    else {
                        holdings.unreadable += 1
                        continue
                    }
                    holdings.redisOrders.append(order)
                }
            }
        }
    }

    /// Four bits an order, the higher half of each byte first.
    private func readStates(into holdings: inout Holdings) async throws {
        var chunks: [[UInt8]: [UInt8]] = [:]
        for order in holdings.redisOrders {
            let key = keys.states(order.id)
            if chunks[key] == nil { chunks[key] = try await redis.send(command("GET", key)).bytes ?? [] }
            let place = Int(order.id.sequence % StoreKeys.ordersPerChunk)
            guard let byte = chunks[key].flatMap({ place / 2 < $0.count ? $0[place / 2] : nil }) else {
                continue
            }
            holdings.states[order.id] = OrderState(rawValue: place % 2 == 0 ? byte >> 4 : byte & 0xF)
        }
    }

    private func readStock() async throws -> [Stock] {
        let pool = try await numbers(keys.pool)
        var stock = catalog.gifts.map { gift in
            Stock(total: pool["t\(gift.slot)"] ?? 0, inPool: pool["l\(gift.slot)"] ?? 0)
        }
        for shard in 0..<keys.shards {
            let mine = try await numbers(keys.stock(shard: UInt16(shard)))
            for gift in catalog.gifts {
                let slot = gift.slot
                let drawn = pool["d\(slot):\(shard)"] ?? 0
                let returned = pool["q\(slot):\(shard)"] ?? 0
                stock[Int(slot)].atHand += mine["a\(slot)"] ?? 0
                stock[Int(slot)].drawnUncredited += drawn - (mine["c\(slot)"] ?? 0)
                stock[Int(slot)].returnedUncredited += (mine["r\(slot)"] ?? 0) - returned
            }
        }
        return stock
    }

    private func numbers(_ key: [UInt8]) async throws -> [String: Int] {
        let entries = try await redis.send(command("HGETALL", key)).array ?? []
        var numbers: [String: Int] = [:]
        for at in stride(from: 0, to: entries.count - 1, by: 2) {
            guard let field = entries[at].string, let value = entries[at + 1].integer else { continue }
            numbers[field] = Int(value)
        }
        return numbers
    }

    private func readTopics(_ bootstrap: String, into holdings: inout Holdings) throws {
        let reader = try KafkaReader(
            options: KafkaClientOptions(bootstrap: bootstrap, clientID: "hongbao-torture"),
            logger: Logger(label: "torture"))
        let topics = Topics(campaign: catalog.campaign.id)
        for game in catalog.games {
            try TopicScan.all(topics.orders(game: game.id), reader: reader) { _, record in
                if let order = try? OrderRecord.decode(record.value, catalog) {
                    holdings.kafkaOrders.append(order)
                } else {
                    holdings.unreadable += 1
                }
            }
        }
    }
}
