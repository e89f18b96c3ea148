import Catalog
import Orders
import Redis

extension OrderStore {
    /// Makes the pool known to Redis, where it is not yet: total and left of every gift pack.
    package func openPool(_ catalog: Catalog, then: @escaping Answer<Void>) {
        var remaining = catalog.gifts.count * 2
        var failure: RedisFailure?
        guard remaining > 0 else { return then(.success(())) }
        for gift in catalog.gifts {
            for field in ["t\(gift.slot)", "l\(gift.slot)"] {
                var command = RedisCommand("HSETNX")
                command.add(keys.pool)
                command.add(field)
                command.add(Int64(gift.stock))
                redis.send(command) { result in
                    if case .failure(let cause) = result { failure = cause }
                    remaining -= 1
                    if remaining == 0 { then(failure.map { .failure($0) } ?? .success(())) }
                }
            }
        }
    }

    /// Draws stock for a shard. The answer is what the shard has drawn ever, to be told to the claim script.
    ///
    /// - Parameter creditedEver: the last such number that the caller has passed on; a draw that was done but
    ///   not heard of is found again by it, and not repeated.
    package func draw(
        gift: UInt16, shard: UInt16, wanted: Int, creditedEver: Int, then: @escaping Answer<Int>
    ) {
        let arguments = [decimal(gift), decimal(shard), decimal(wanted), decimal(creditedEver)]
        call(CampaignScripts.draw, keys: [keys.pool], arguments: arguments, then: then) {
            $0.integer.map(Int.init)
        }
    }
}
