import Catalog
import Logging
import Metrics
import OrderStore
import Orders
import Redis

extension DeliveryLoop {
    func begin(_ shard: UInt16, _ batch: [(ref: ParcelRef, entry: AttemptEntry)]) {
        // One life for the batch: the longest of its games' (a batch may hold several).
        let lifeMs = batch.map {
            engine.attemptLifeMs(game: engine.catalog.gifts[Int($0.entry.order.gift)].game)
        }.max()
        store.begin(
            shard: shard, owner: engine.owner, lifeMs: lifeMs ?? 0, entries: batch.map(\.entry)
        ) { [self] result in
            turn { engine, now in
                switch result {
                case .success(let decisions):
                    for (piece, decision) in zip(batch, decisions) {
                        engine.begun(piece.ref, .success(decision), now)
                    }
                case .failure(let failure):
                    for piece in batch { engine.begun(piece.ref, .failure(failure), now) }
                }
            }
            if case .failure(let failure) = result { complain("begin", failure) }
        }
    }

    func settle(_ shard: UInt16, _ batch: [(ref: ParcelRef, entry: SettleEntry)]) {
        store.settle(shard: shard, entries: batch.map(\.entry)) { [self] result in
            turn { engine, now in
                switch result {
                case .success(let decisions):
                    for (piece, decision) in zip(batch, decisions) {
                        engine.settled(piece.ref, .success(decision), now)
                    }
                case .failure(let failure):
                    for piece in batch { engine.settled(piece.ref, .failure(failure), now) }
                }
            }
            if case .failure(let failure) = result { complain("settle", failure) }
        }
    }

    private func complain(_ what: String, _ failure: RedisFailure) {
        meters.redisFailures.increment()
        logger.warning("redis: \(what) failed, tried again", metadata: ["reason": "\(failure)"])
        heed(failure)
    }
}
