import NIOCore
import Orders
import Redis

/// An order that waits for an operator.
package struct HeldOrder: Sendable, Equatable {
    package var order: Order
    /// By Redis's clock.
    package var heldAtMs: Int64
    /// Who approved it already, where two are needed.
    package var firstApprover: String?
}

/// What came of an operator's approval.
package enum ApprovalDecision: Sendable, Equatable {
    /// It stands in the outbox and is the caller's to produce; if it does not, the sweep does.
    case released(Order)
    /// Another operator is needed.
    case firstOfTwo
    /// The one who approved before, and two are needed.
    case sameOperator
    case notHeld(OrderState)
}

/// What came of an operator's refusal.
package enum RefusalDecision: Sendable, Equatable {
    case refused
    case notHeld(OrderState)
}

extension OrderStore {
    /// Orders of a shard that wait for an operator, the oldest first.
    package func heldOrders(shard: UInt16, most: Int = 256, then: @escaping Answer<[HeldOrder]>) {
        var command = RedisCommand("HGETALL")
        command.add(keys.held(shard: shard))
        redis.send(command) { [self] result in
            switch result {
            case .failure(let failure): then(.failure(failure))
            case .success(let reply):
                let fields = reply.array ?? []
                let entries = stride(from: 0, to: fields.count - 1, by: 2).compactMap { at in
                    HeldEntry(fields[at].bytes ?? [], fields[at + 1].bytes ?? [])
                }
                held(Array(entries.sorted { $0.heldAtMs < $1.heldAtMs }.prefix(most)), then: then)
            }
        }
    }

    /// One order, if it waits for an operator.
    package func heldOrder(_ id: OrderID, then: @escaping Answer<HeldOrder?>) {
        var command = RedisCommand("HGET")
        command.add(keys.held(shard: id.shard))
        command.add(id.bytes)
        redis.send(command) { [self] result in
            switch result {
            case .failure(let failure): then(.failure(failure))
            case .success(let reply):
                guard let entry = reply.bytes.flatMap({ HeldEntry(id.bytes, $0) }) else {
                    return then(.success(nil))
                }
                held([entry]) { then($0.map(\.first)) }
            }
        }
    }

    private func held(_ entries: [HeldEntry], then: @escaping Answer<[HeldOrder]>) {
        records(entries.map(\.place)) { result in
            then(
                result.map { orders in
                    zip(entries, orders).compactMap { entry, order in
                        order.map {
                            HeldOrder(
                                order: $0, heldAtMs: entry.heldAtMs, firstApprover: entry.firstApprover)
                        }
                    }
                })
        }
    }

    /// An operator approves a held order.
    ///
    /// After an unknown end it is asked again: released before, it is then `.notHeld`, and the sweep of its
    /// lane takes care of it.
    /// - Parameters:
    ///   - order: as ``heldOrder(_:then:)`` told it.
    ///   - needed: 1 or 2 operators.
    package func approve(
        _ order: Order, operator name: String, needed: Int, then: @escaping Answer<ApprovalDecision>
    ) {
        precondition((1...2).contains(needed) && !name.isEmpty)
        let shard = order.id.shard
        callShard(
            HeldScripts.approve, shard: shard,
            keys: [
                keys.held(shard: shard), keys.outbox(shard: shard), keys.states(order.id),
                keys.claims(user: order.user),
            ],
            arguments: [
                order.id.bytes, order.id.placeInChunk, order.coupon.bigEndianBytes, Array(name.utf8),
                decimal(needed),
            ], then: then
        ) { reply in
            guard let parts = reply.array, let code = parts.first?.integer else { return nil }
            switch code {
            case 0:
                guard parts.count == 2, let record = parts[1].bytes else { return nil }
                return ClaimRecord.decode(record, coupon: order.coupon).map { .released($0) }
            case 1: return .firstOfTwo
            case 2: return .sameOperator
            default: return Self.state(in: parts).map { .notHeld($0) }
            }
        }
    }

    /// An operator refuses a held order: it is voided and its pack comes back; its coupon stays spent.
    ///
    /// - Parameters:
    ///   - order: as ``heldOrder(_:then:)`` told it.
    ///   - hasAmount: whether its gift pack carries an amount, which comes back too.
    package func refuse(_ order: Order, hasAmount: Bool, then: @escaping Answer<RefusalDecision>) {
        let shard = order.id.shard
        callShard(
            HeldScripts.refuse, shard: shard,
            keys: [
                keys.held(shard: shard), keys.outbox(shard: shard), keys.states(order.id),
                keys.claims(user: order.user), keys.stock(shard: shard),
                keys.amounts(shard: shard, gift: order.gift),
            ],
            arguments: [
                order.id.bytes, order.id.placeInChunk, order.coupon.bigEndianBytes,
                decimal(hasAmount ? 1 : 0),
            ], then: then
        ) { reply in
            guard let parts = reply.array, let code = parts.first?.integer else { return nil }
            return code == 0 ? .refused : Self.state(in: parts).map { .notHeld($0) }
        }
    }

    private static func state(in parts: [RedisReply]) -> OrderState? {
        guard parts.count == 2, let raw = parts[1].integer else { return nil }
        return OrderState(rawValue: UInt8(truncatingIfNeeded: raw))
    }

    /// Counts an order that an operator is about to release on a day; false when that were more than `cap`.
    ///
    /// - Parameter day: whatever number the caller gives its days.
    package func takeOperatorCap(
        operator name: String, day: Int, cap: Int, then: @escaping Answer<Bool>
    ) {
        callCampaign(
            HeldScripts.takeCap, keys: [keys.ops], arguments: [Array("\(day):\(name)".utf8), decimal(cap)],
            then: then
        ) { reply in reply.integer.map { $0 == 1 } }
    }
}

/// A line of the held index: order → coupon u64, user u64, held at u48 (ms), name of the first who approved.
private struct HeldEntry {
    let place: ClaimPlace
    let heldAtMs: Int64
    let firstApprover: String?

    init?(_ id: [UInt8], _ entry: [UInt8]) {
        guard id.count == 8, entry.count >= 22, let place = ClaimPlace((id + entry[0..<16])[...]) else {
            return nil
        }
        self.place = place
        heldAtMs = entry[16..<22].reduce(0) { $0 << 8 | Int64($1) }
        firstApprover = entry.count > 22 ? String(decoding: entry[22...], as: UTF8.self) : nil
    }
}
