import NIOCore
import Orders
import Redis

extension OrderStore {
    /// Orders of a shard that Redis has accepted longer than `ageMs` ago and Kafka has not acknowledged
    /// since.
    ///
    /// An outbox entry without its claim record cannot be (one script writes both); such an entry is left for
    /// the Reconciler and not returned.
    package func overdue(shard: UInt16, ageMs: Int64, most: Int, then: @escaping Answer<[Order]>) {
        let arguments = [decimal(ageMs), decimal(most)]
        let pairs: Answer<[(id: OrderID, coupon: UInt64, user: UInt64)]> = { [self] result in
            switch result {
            case .failure(let failure): then(.failure(failure))
            case .success(let entries): records(entries, then: then)
            }
        }
        call(CampaignScripts.overdue, keys: [keys.outbox(shard: shard)], arguments: arguments, then: pairs) {
            reply in
            reply.array.map { entries in
                entries.compactMap { entry in
                    guard let bytes = entry.bytes, bytes.count == 24, let id = OrderID(bytes: bytes[0..<8]),
                        let coupon = UInt64(bigEndianBytes: bytes[8..<16]),
                        let user = UInt64(bigEndianBytes: bytes[16..<24])
                    else { return nil }
                    return (id, coupon, user)
                }
            }
        }
    }

    private func records(
        _ entries: [(id: OrderID, coupon: UInt64, user: UInt64)], then: @escaping Answer<[Order]>
    ) {
        guard !entries.isEmpty else { return then(.success([])) }
        var orders = [Order]()
        var remaining = entries.count
        var failure: RedisFailure?
        for (id, coupon, user) in entries {
            order(coupon: coupon, user: user) { result in
                switch result {
                case .success(let stored):
                    if let stored, stored.id == id { orders.append(stored) }
                case .failure(let cause): failure = cause
                }
                remaining -= 1
                if remaining == 0 { then(failure.map { .failure($0) } ?? .success(orders)) }
            }
        }
    }
}
