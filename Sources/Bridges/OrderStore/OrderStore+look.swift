import Orders
import Redis

/// What Redis holds of one order, for a person who asks why it has not arrived.
package struct OrderLook: Sendable, Equatable {
    package var state: OrderState
    /// Attempts made, of an open order of which one was made.
    package var made: UInt16?
    /// Who is making the attempt, or made it last.
    package var owner: UInt64?
    /// Until the attempt's deadline, by Redis's clock; below 0: it has passed.
    package var deadlineInMs: Int64?
    /// As its coupon's claim has it; nil: no coupon is bound to this order.
    package var order: Order?

    package init(
        state: OrderState, made: UInt16? = nil, owner: UInt64? = nil, deadlineInMs: Int64? = nil,
        order: Order? = nil
    ) {
        self.state = state
        self.made = made
        self.owner = owner
        self.deadlineInMs = deadlineInMs
        self.order = order
    }
}

extension OrderStore {
    /// Looks an order up. The claims of its shard are walked through, bucket by bucket: for one question of a
    /// person, not for many.
    ///
    /// - Parameter id: of a shard that the campaign has.
    package func look(_ id: OrderID) async throws(RedisFailure) -> OrderLook {
        precondition(Int(id.shard) < keys.shards)
        var look = OrderLook(
            state: try await awaiting { store, then in store.state(id, then: then) })
        var command = RedisCommand("HGET")
        command.add(keys.attempts(shard: id.shard))
        command.add(id.bytes)
        if let entry = try await redis.send(command).bytes, entry.count == 16 {
            func number(_ range: Range<Int>) -> UInt64 { entry[range].reduce(0) { $0 << 8 | UInt64($1) } }
            look.made = UInt16(number(0..<2))
            let (owner, deadlineMs) = (number(2..<10), number(10..<16))
            if owner != 0 {
                look.owner = owner
                look.deadlineInMs = Int64(deadlineMs) - (try await clockMs())
            }
        }
        for bucket in 0..<keys.buckets where look.order == nil {
            var command = RedisCommand("HGETALL")
            command.add(keys.claims(shard: id.shard, bucket: bucket))
            look.order = Self.claims(in: try await redis.send(command)).first { $0.id == id }
        }
        return look
    }
}
