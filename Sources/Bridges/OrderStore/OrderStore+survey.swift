import Orders
import Redis

/// Whole readings of a shard, for the Reconciler and for tools: many commands, each of bounded size.
extension OrderStore {
    /// Every claim of a shard.
    package func allClaims(shard: UInt16) async throws(RedisFailure) -> [Order] {
        var orders = [Order]()
        do {
            try await eachClaims(shard: shard) { orders += $0 }
        } catch let failure as RedisFailure {
            throw failure
        } catch {
            preconditionFailure("nothing else is thrown: \(error)")
        }
        return orders
    }

    /// Every claim of a shard, bucket by bucket, many buckets asked for at a time.
    package func eachClaims(shard: UInt16, _ body: ([Order]) throws -> Void) async throws {
        for start in stride(from: 0, to: keys.buckets, by: Self.lookupsAtOnce) {
            let commands = (start..<min(start + Self.lookupsAtOnce, keys.buckets)).map { bucket in
                var command = RedisCommand("HGETALL")
                command.add(keys.claims(shard: shard, bucket: bucket))
                return command
            }
            for reply in try await pipelined(commands) { try body(Self.claims(in: reply)) }
        }
    }

    /// The orders that stand in a shard's outbox.
    package func outbox(shard: UInt16) async throws(RedisFailure) -> Set<OrderID> {
        var command = RedisCommand("HKEYS")
        command.add(keys.outbox(shard: shard))
        let fields = try await redis.send(command).array ?? []
        return Set(fields.compactMap { $0.bytes.flatMap { OrderID(bytes: $0) } })
    }

    /// The states of many orders: each chunk of states is read once, many at a time.
    package func states(_ orders: some Sequence<OrderID>) async throws(RedisFailure) -> [OrderID: OrderState]
    {
        let chunks = Dictionary(grouping: orders) { StatesChunk($0) }
        var states: [OrderID: OrderState] = [:]
        try await eachStates(Array(chunks.keys)) { chunk in
            for order in chunks[chunk] ?? [] { states[order] = chunk[order] }
        }
        return states
    }

    /// Chunks of states as they stand now, many asked for at a time.
    package func eachStates(
        _ chunks: [StatesChunk], _ body: (StatesChunk) -> Void
    ) async throws(RedisFailure) {
        for start in stride(from: 0, to: chunks.count, by: Self.lookupsAtOnce) {
            let part = chunks[start..<min(start + Self.lookupsAtOnce, chunks.count)]
            let commands = part.map { chunk in
                var command = RedisCommand("GET")
                command.add(keys.states(chunk.first))
                return command
            }
            for (chunk, reply) in zip(part, try await pipelined(commands)) {
                var chunk = chunk
                chunk.bytes = reply.bytes ?? []
                body(chunk)
            }
        }
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
