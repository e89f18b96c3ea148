import NIOCore
import Orders
import Redis

/// An order that waits in the outbox for Kafka.
package struct OutboxEntry: Sendable, Equatable {
    package var order: Order
    /// To be written to `.held`, not to its game's orders.
    package var isHeld: Bool

    package init(order: Order, isHeld: Bool) {
        self.order = order
        self.isHeld = isHeld
    }
}

extension OrderStore {
    /// Takes orders of one shard that Kafka has acknowledged out of the outbox. The answer counts those that
    /// became `queued`; a repeat does no harm.
    package func confirm(shard: UInt16, orders: [OrderID], then: @escaping Answer<Int>) {
        precondition(orders.count <= Self.maxBatch && orders.allSatisfy { $0.shard == shard })
        guard !orders.isEmpty else { return then(.success(0)) }
        let orders = orders.sorted()
        var places = [keys.outbox(shard: shard)]
        var arguments = [decimal(orders.count)]
        var counts = [Int]()
        var chunk: UInt64?
        for order in orders {
            arguments.append(order.bytes)
            // Lane, shard and chunk: what names a string of states.
            let own = order.rawValue / UInt64(StoreKeys.ordersPerChunk)
            if own != chunk {
                places.append(keys.states(order))
                counts.append(0)
                chunk = own
            }
            counts[counts.count - 1] += 1
        }
        for count in counts { arguments.append(decimal(count)) }
        callShard(OutboxScripts.confirm, shard: shard, keys: places, arguments: arguments, then: then) {
            $0.integer.map(Int.init)
        }
    }

    /// Takes held orders whose record stands in `.held` out of the outbox; they stay held. One that was
    /// approved meanwhile stays in it until it is confirmed by ``confirm(shard:orders:then:)``.
    package func confirmHeld(shard: UInt16, orders: [OrderID], then: @escaping Answer<Int>) {
        precondition(orders.count <= Self.maxBatch && orders.allSatisfy { $0.shard == shard })
        guard !orders.isEmpty else { return then(.success(0)) }
        callShard(
            OutboxScripts.confirmHeld, shard: shard, keys: [keys.outbox(shard: shard)],
            arguments: orders.map(\.bytes), then: then
        ) { $0.integer.map(Int.init) }
    }

    /// Orders of a shard that Redis has accepted longer than `ageMs` ago and Kafka has not acknowledged
    /// since.
    ///
    /// An outbox entry without its claim record cannot be (one script writes both); such an entry is left for
    /// the Reconciler and not returned.
    package func overdue(shard: UInt16, ageMs: Int64, most: Int, then: @escaping Answer<[OutboxEntry]>) {
        let found: Answer<[ClaimPlace]> = { [self] result in
            switch result {
            case .failure(let failure): then(.failure(failure))
            case .success(let places):
                records(places) { result in
                    then(
                        result.map { orders in
                            zip(places, orders).compactMap { place, order in
                                order.map { OutboxEntry(order: $0, isHeld: place.isHeld) }
                            }
                        })
                }
            }
        }
        callShard(
            OutboxScripts.overdue, shard: shard, keys: [keys.outbox(shard: shard)],
            arguments: [decimal(ageMs), decimal(most)], then: found
        ) { reply in
            reply.array.map { entries in entries.compactMap { $0.bytes.flatMap { ClaimPlace($0[...]) } } }
        }
    }

    /// The claim records of orders of which it is known where they stand; nil for one that is not there.
    func records(_ places: [ClaimPlace], then: @escaping Answer<[Order?]>) {
        guard !places.isEmpty else { return then(.success([])) }
        var orders = [Order?](repeating: nil, count: places.count)
        var remaining = places.count
        var failure: RedisFailure?
        for (index, place) in places.enumerated() {
            order(coupon: place.coupon, user: place.user) { result in
                switch result {
                case .success(let stored): if stored?.id == place.id { orders[index] = stored }
                case .failure(let cause): failure = cause
                }
                remaining -= 1
                if remaining == 0 { then(failure.map { .failure($0) } ?? .success(orders)) }
            }
        }
    }
}

/// Where an order's claim record is found: `order u64 | coupon u64 | user u64`, and `h` if it is held.
struct ClaimPlace {
    let id: OrderID
    let coupon: UInt64
    let user: UInt64
    let isHeld: Bool

    init?(_ bytes: ArraySlice<UInt8>) {
        let at = bytes.startIndex
        guard bytes.count >= 24, let id = OrderID(bytes: bytes[at..<at + 8]),
            let coupon = UInt64(bigEndianBytes: bytes[at + 8..<at + 16]),
            let user = UInt64(bigEndianBytes: bytes[at + 16..<at + 24])
        else { return nil }
        self.id = id
        self.coupon = coupon
        self.user = user
        isHeld = bytes.count > 24
    }
}
