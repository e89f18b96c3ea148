import Orders
import Redis

/// Readings of single orders. They look at no epoch: what they tell is as good as Redis is.
extension OrderStore {
    /// The stored order of a coupon, if there is one.
    package func order(coupon: UInt64, user: UInt64, then: @escaping Answer<Order?>) {
        var command = RedisCommand("HGET")
        command.add(keys.claims(user: user))
        command.add(coupon.bigEndianBytes)
        redis.send(command) { result in
            then(result.map { reply in reply.bytes.flatMap { ClaimRecord.decode($0, coupon: coupon) } })
        }
    }

    /// All orders of a person (a bucket holds a few dozen claims, of this person and of others).
    package func orders(user: UInt64, then: @escaping Answer<[Order]>) {
        var command = RedisCommand("HGETALL")
        command.add(keys.claims(user: user))
        redis.send(command) { result in
            then(result.map { reply in Self.claims(in: reply).filter { $0.user == user } })
        }
    }

    /// The claims of a bucket as `HGETALL` gives them.
    package static func claims(in reply: RedisReply) -> [Order] {
        let entries = reply.array ?? []
        return stride(from: 0, to: entries.count - 1, by: 2).compactMap { at in
            guard let field = entries[at].bytes, let coupon = UInt64(bigEndianBytes: field),
                let value = entries[at + 1].bytes
            else { return nil }
            return ClaimRecord.decode(value, coupon: coupon)
        }
    }

    /// The state in which an order stands.
    package func state(_ order: OrderID, then: @escaping Answer<OrderState>) {
        var command = RedisCommand("BITFIELD_RO")
        command.add(keys.states(order))
        command.add("GET")
        command.add("u4")
        command.add("#\(order.sequence % StoreKeys.ordersPerChunk)")
        redis.send(command) { result in
            then(
                result.map { reply in
                    OrderState(rawValue: UInt8(truncatingIfNeeded: reply.array?.first?.integer ?? 0)) ?? .none
                })
        }
    }
}
