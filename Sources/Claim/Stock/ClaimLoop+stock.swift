import Catalog
import Logging
import Metrics
import OrderStore
import Orders
import Redis
import Telemetry

/// Carries out what the stock room wants.
extension ClaimLoop {
    /// How often the pool's version is asked for: stock that was added sells that much later at most.
    static let poolWatchNs: UInt64 = 500_000_000

    /// For those whom the script told that there is no stock at hand.
    func findStock(_ gift: UInt16, _ shard: UInt16) {
        take(stock.step(gift: gift, shard: shard, nowNs: SystemClock.nowNs), shard)
    }

    private func take(_ step: StockRoom<PendingClaim>.Step, _ shard: UInt16) {
        switch step {
        case .nothing: return
        case .again(let claims): again(claims, shard)
        case .soldOut(let claims): refuse(claims, .soldOut)
        case .busy(let claims): refuse(claims, .stockBusy)
        case .draw(let draw): carryOut(draw)
        case .recall(let recall): carryOut(recall)
        }
    }

    private func carryOut(_ draw: StockRoom<PendingClaim>.Draw) {
        meters.draws.increment()
        let gift = plan.catalog.gifts[Int(draw.gift)]
        store.draw(gift: gift, shard: draw.shard, wanted: draw.wanted, creditedEver: draw.creditedEver) {
            [self] result in
            switch result {
            case .success(let drawn):
                take(stock.drew(draw, drawn), draw.shard)
            case .failure(let failure):
                logger.warning("stock not drawn", metadata: ["gift": "\(gift.id)", "error": "\(failure)"])
                refuse(stock.drawFailed(draw), .storeAway)
                heed(failure)
            }
        }
    }

    private func carryOut(_ recall: StockRoom<PendingClaim>.Recall) {
        meters.recalls.increment()
        let gift = plan.catalog.gifts[Int(recall.gift)]
        store.recall(gift: gift, wanted: recall.wanted, beginningBehind: recall.shard) { [self] result in
            switch result {
            case .success(let recalled):
                if recalled.isNothing {
                    logger.info("sold out", metadata: ["gift": "\(gift.id)", "loop": "\(index)"])
                }
                for (shard, step) in stock.recalled(recall, recalled, nowNs: SystemClock.nowNs) {
                    take(step, shard)
                }
            case .failure(let failure):
                logger.warning("stock not recalled", metadata: ["gift": "\(gift.id)", "error": "\(failure)"])
                refuse(stock.recallFailed(recall), .storeAway)
                heed(failure)
            }
        }
    }

    /// Back into the batch, with stock in sight.
    private func again(_ claims: [PendingClaim], _ shard: UInt16) {
        guard keeper.lane(nowNs: SystemClock.nowNs) != nil else { return refuse(claims, .noLane) }
        batchers[Int(shard)].putBack(claims)
        markDirty(shard)
    }

    /// While something is sold out: has stock come into the pool?
    func watchPool(_ nowNs: UInt64) {
        guard stock.soldOutCount > 0, !isAskingPool, nowNs >= nextPoolWatchNs, store.epoch != 0 else {
            return
        }
        isAskingPool = true
        nextPoolWatchNs = nowNs + Self.poolWatchNs
        store.poolVersion { [self] result in
            isAskingPool = false
            if case .success(let version) = result { stock.see(version: version) }
        }
    }
}
