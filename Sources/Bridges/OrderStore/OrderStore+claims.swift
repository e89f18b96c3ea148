import Orders
import Redis

/// One claim as the script gets it.
package struct ClaimEntry: Sendable {
    package enum Mode: Sendable {
        /// Accept it unless the coupon has an order already.
        case claim
        /// Only tell whether the coupon has an order: the claim is refused if it has none.
        case lookUp
    }

    /// The order as it would be; its ID is not looked at.
    package var order: Order
    package var mode: Mode

    package init(order: Order, mode: Mode) {
        self.order = order
        self.mode = mode
    }
}

/// What the script decided of a claim.
package enum ClaimDecision: Sendable, Equatable {
    case accepted(OrderID)
    /// The coupon has this order already; `inOutbox` while Kafka has not acknowledged it.
    case stored(Order, inOutbox: Bool)
    /// The shard has no stock of the gift at hand; the campaign's pool may have.
    case noStock
    /// The outbox has reached its maximum: try again later.
    case outboxFull
    /// Looked up, and there is none.
    case notStored
}

/// Stock that the campaign's pool has given to the shard, ever; credited once however often it is told.
package struct StockCredit: Sendable {
    package var gift: UInt16
    package var drawnEver: Int

    package init(gift: UInt16, drawnEver: Int) {
        self.gift = gift
        self.drawnEver = drawnEver
    }
}

extension OrderStore {
    /// Decides claims of one shard in one call. Accepted ones are numbered `firstSequence`, + 1, …
    ///
    /// - Parameter entries: 1 to ``maxBatch``, all of the shard's people, `firstSequence + entries.count`
    ///   within the lane. On an unknown end the caller burns that whole range.
    package func claim(
        shard: UInt16, lane: UInt32, firstSequence: UInt32, outboxMax: Int, credits: [StockCredit],
        entries: [ClaimEntry], then: @escaping Answer<[ClaimDecision]>
    ) {
        precondition(!entries.isEmpty && entries.count <= Self.maxBatch)
        let lastSequence = firstSequence + UInt32(entries.count) - 1
        precondition(lastSequence < OrderID.sequencesPerLane)
        let perChunk = StoreKeys.ordersPerChunk
        var table = KeyTable([
            keys.outbox(shard: shard), keys.stock(shard: shard),
            keys.states(shard: shard, lane: lane, chunk: firstSequence / perChunk),
            keys.states(shard: shard, lane: lane, chunk: lastSequence / perChunk),
        ])
        var arguments = [
            decimal(lane), decimal(shard), decimal(firstSequence), decimal(outboxMax), decimal(credits.count),
        ]
        for credit in credits {
            arguments.append(decimal(credit.gift))
            arguments.append(decimal(credit.drawnEver))
        }
        for entry in entries {
            arguments.append(table.place(keys.claims(user: entry.order.user)))
            arguments.append(entry.order.coupon.bigEndianBytes)
            arguments.append(decimal(entry.order.gift))
            arguments.append(ClaimRecord.body(of: entry.order))
            arguments.append(entry.mode == .claim ? [UInt8(ascii: "c")] : [UInt8(ascii: "l")])
        }
        call(OrderScripts.claim, keys: table.keys, arguments: arguments, then: then) { reply in
            guard let answers = reply.array, answers.count == entries.count else { return nil }
            var decisions = [ClaimDecision]()
            decisions.reserveCapacity(answers.count)
            for (entry, answer) in zip(entries, answers) {
                guard let bytes = answer.bytes,
                    let decision = Self.decision(bytes, coupon: entry.order.coupon)
                else { return nil }
                decisions.append(decision)
            }
            return decisions
        }
    }

    static func decision(_ bytes: [UInt8], coupon: UInt64) -> ClaimDecision? {
        let rest = Array(bytes.dropFirst())
        switch bytes.first {
        case UInt8(ascii: "n"): return OrderID(bytes: rest).map { .accepted($0) }
        case UInt8(ascii: "d"):
            return ClaimRecord.decode(rest, coupon: coupon).map { .stored($0, inOutbox: false) }
        case UInt8(ascii: "w"):
            return ClaimRecord.decode(rest, coupon: coupon).map { .stored($0, inOutbox: true) }
        case UInt8(ascii: "s"): return .noStock
        case UInt8(ascii: "f"): return .outboxFull
        case UInt8(ascii: "m"): return .notStored
        default: return nil
        }
    }

    /// Takes acknowledged orders of one shard out of the outbox. The answer counts those that became
    /// `queued`.
    package func confirm(shard: UInt16, orders: [OrderID], then: @escaping Answer<Int>) {
        precondition(orders.count <= Self.maxBatch && orders.allSatisfy { $0.shard == shard })
        var table = KeyTable([keys.outbox(shard: shard)])
        var arguments = [[UInt8]]()
        for order in orders {
            arguments.append(order.bytes)
            arguments.append(table.place(keys.states(order)))
            arguments.append(order.placeInChunk)
        }
        call(OrderScripts.confirm, keys: table.keys, arguments: arguments, then: then) {
            $0.integer.map(Int.init)
        }
    }

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
