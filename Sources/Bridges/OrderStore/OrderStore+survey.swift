import Orders
import Redis

/// Whole readings of a shard, for the Reconciler and for tools: many commands, each of bounded size.
extension OrderStore {
    /// Every claim of a shard, bucket by bucket.
    package func allClaims(shard: UInt16) async throws(RedisFailure) -> [Order] {
        var orders = [Order]()
        for bucket in 0..<keys.buckets {
            var command = RedisCommand("HGETALL")
            command.add(keys.claims(shard: shard, bucket: bucket))
            orders += Self.claims(in: try await redis.send(command))
        }
        return orders
    }

    /// The orders that stand in a shard's outbox.
    package func outbox(shard: UInt16) async throws(RedisFailure) -> Set<OrderID> {
        var command = RedisCommand("HKEYS")
        command.add(keys.outbox(shard: shard))
        let fields = try await redis.send(command).array ?? []
        return Set(fields.compactMap { $0.bytes.flatMap { OrderID(bytes: $0) } })
    }

    /// The states of many orders: each chunk of states is read once.
    package func states(_ orders: some Sequence<OrderID>) async throws(RedisFailure) -> [OrderID: OrderState]
    {
        var chunks: [[UInt8]: [UInt8]] = [:]
        var states: [OrderID: OrderState] = [:]
        for order in orders {
            let key = keys.states(order)
            if chunks[key] == nil {
                var command = RedisCommand("GET")
                command.add(key)
                chunks[key] = try await redis.send(command).bytes ?? []
            }
            states[order] = Self.state(
                in: chunks[key] ?? [], place: Int(order.sequence % StoreKeys.ordersPerChunk))
        }
        return states
    }

    /// The state at a place of a chunk: four bits, the higher half of each byte first, as `BITFIELD` counts.
    static func state(in chunk: [UInt8], place: Int) -> OrderState {
        guard place / 2 < chunk.count else { return .none }
        let byte = chunk[place / 2]
        return OrderState(rawValue: place % 2 == 0 ? byte >> 4 : byte & 0xF) ?? .none
    }

    /// Stock: what the pool has left, and what shards have at hand.
    package func stockLeft(gift: UInt16) async throws(RedisFailure) -> (pool: Int, shards: Int) {
        func number(_ key: [UInt8], _ field: String) async throws(RedisFailure) -> Int {
            var command = RedisCommand("HGET")
            command.add(key)
            command.add(field)
            return Int(try await redis.send(command).integer ?? 0)
        }
        var atHand = 0
        for shard in 0..<keys.shards {
            atHand += try await number(keys.stock(shard: UInt16(shard)), "a\(gift)")
        }
        return (try await number(keys.pool, "l\(gift)"), atHand)
    }
}
