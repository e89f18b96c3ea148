import Orders
import Redis

/// An order that its owner wants to put in flight.
package struct AttemptEntry: Sendable {
    package var order: Order
    /// The attempt's number, from 1; must be one more than the attempts made. 0 never goes: it only turns
    /// what was left in flight past its deadline into unknown, and tells where the order stands.
    package var attempt: UInt16
    /// Whether it may go out although the last attempt's end is unknown (the game is idempotent, or was
    /// asked).
    package var resendsUnknown: Bool

    package init(order: Order, attempt: UInt16, resendsUnknown: Bool) {
        self.order = order
        self.attempt = attempt
        self.resendsUnknown = resendsUnknown
    }
}

/// Whether an attempt may be made.
package enum AttemptDecision: Sendable, Equatable {
    /// It is in flight now, owned by the caller.
    case go
    /// The order has ended.
    case closed(OrderState)
    /// Somebody has it in flight; look again after so many ms.
    case busy(remainingMs: Int64)
    /// Its coupon is bound to another order: it was voided, nothing may be sent.
    case voided
    /// So many attempts were made, other than the caller thought.
    case madeBefore(attempts: UInt16)
    /// The last attempt's end is unknown: ask the game first.
    case unknown(attempts: UInt16)
    /// Held or parked: it waits for a person.
    case withAPerson(OrderState)
}

/// An event for an order's state.
package struct SettleEntry: Sendable {
    package var order: OrderID
    package var event: OrderEvent
    /// The attempt that the event is of; 0 where none was made.
    package var attempt: UInt16

    package init(order: OrderID, event: OrderEvent, attempt: UInt16) {
        self.order = order
        self.event = event
        self.attempt = attempt
    }
}

/// What came of an event.
package struct SettleDecision: Sendable, Equatable {
    /// Whether the state changed.
    package var applied: Bool
    /// Where the order stands now.
    package var state: OrderState

    package init(applied: Bool, state: OrderState) {
        self.applied = applied
        self.state = state
    }
}

extension OrderStore {
    /// Puts orders of one shard in flight, each by compare-and-set, with its coupon's binding checked.
    package func begin(
        shard: UInt16, owner: UInt64, lifeMs: Int64, entries: [AttemptEntry],
        then: @escaping Answer<[AttemptDecision]>
    ) {
        precondition(entries.count <= Self.maxBatch && entries.allSatisfy { $0.order.id.shard == shard })
        var table = KeyTable([
            keys.attempts(shard: shard), keys.outbox(shard: shard), keys.stock(shard: shard),
        ])
        var arguments = [owner.bigEndianBytes, decimal(lifeMs)]
        for entry in entries {
            let order = entry.order
            arguments.append(order.id.bytes)
            arguments.append(table.place(keys.states(order.id)))
            arguments.append(order.id.placeInChunk)
            arguments.append(table.place(keys.claims(user: order.user)))
            arguments.append(order.coupon.bigEndianBytes)
            arguments.append(ClaimRecord.encode(order))
            arguments.append(table.place(keys.amounts(shard: shard, gift: order.gift)))
            arguments.append(decimal(entry.attempt))
            arguments.append([UInt8(ascii: entry.resendsUnknown ? "r" : "-")])
        }
        callShard(OrderScripts.begin, shard: shard, keys: table.keys, arguments: arguments, then: then) {
            reply in
            guard let numbers = reply.array, numbers.count == entries.count * 2 else { return nil }
            var decisions = [AttemptDecision]()
            for at in stride(from: 0, to: numbers.count, by: 2) {
                guard let code = numbers[at].integer, let detail = numbers[at + 1].integer,
                    let decision = Self.decision(code: code, detail: detail)
                else { return nil }
                decisions.append(decision)
            }
            return decisions
        }
    }

    static func decision(code: Int64, detail: Int64) -> AttemptDecision? {
        func state() -> OrderState? { OrderState(rawValue: UInt8(truncatingIfNeeded: detail)) }
        switch code {
        case 0: return .go
        case 1: return state().map { .closed($0) }
        case 2: return .busy(remainingMs: detail)
        case 3: return .voided
        case 4: return .madeBefore(attempts: UInt16(truncatingIfNeeded: detail))
        case 5: return .unknown(attempts: UInt16(truncatingIfNeeded: detail))
        case 6: return state().map { .withAPerson($0) }
        default: return nil
        }
    }

    /// Tells the states of one shard's orders what happened to them.
    package func settle(shard: UInt16, entries: [SettleEntry], then: @escaping Answer<[SettleDecision]>) {
        precondition(entries.count <= Self.maxBatch && entries.allSatisfy { $0.order.shard == shard })
        var table = KeyTable([keys.attempts(shard: shard), keys.outbox(shard: shard)])
        var arguments = [[UInt8]]()
        for entry in entries {
            arguments.append(entry.order.bytes)
            arguments.append(table.place(keys.states(entry.order)))
            arguments.append(entry.order.placeInChunk)
            arguments.append(decimal(entry.event.rawValue))
            arguments.append(decimal(entry.attempt))
        }
        callShard(OrderScripts.settle, shard: shard, keys: table.keys, arguments: arguments, then: then) {
            reply in
            guard let numbers = reply.array, numbers.count == entries.count * 2 else { return nil }
            var decisions = [SettleDecision]()
            for at in stride(from: 0, to: numbers.count, by: 2) {
                guard let applied = numbers[at].integer, let raw = numbers[at + 1].integer,
                    let state = OrderState(rawValue: UInt8(truncatingIfNeeded: raw))
                else { return nil }
                decisions.append(SettleDecision(applied: applied == 1, state: state))
            }
            return decisions
        }
    }
}
