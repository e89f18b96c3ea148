import Catalog
import Logging
import Metrics
import OrderStore
import Orders
import Redis
import Telemetry

extension ClaimLoop {
    /// Sends the shard's next batch, if one may leave.
    func pump(_ shard: UInt16, nowNs: UInt64) {
        guard keeper.lane(nowNs: nowNs) != nil else { return failWaiting(.noLane) }
        switch batchers[Int(shard)].next() {
        case .nothing:
            return
        case .laneFull:
            tell(.full, nowNs: nowNs)
        case .send(let batch):
            let credits = stock.credits(shard: shard)
            meters.batches.record(batch.items.count)
            store.claim(
                shard: shard, lane: batch.lane, firstSequence: batch.firstSequence,
                outboxMax: plan.limits.outboxMax, credits: credits,
                quotas: plan.gate.catalog.campaign.quotas,
                entries: batch.items.map { $0.entry(plan.gate.catalog) }
            ) { [self] result in
                let nowNs = SystemClock.nowNs
                switch result {
                case .success(let decisions): decided(shard, batch.items, decisions, credits, nowNs)
                case .failure(let failure): undecided(shard, batch.items, failure)
                }
                pump(shard, nowNs: nowNs)
            }
        }
    }

    private func undecided(_ shard: UInt16, _ claims: [PendingClaim], _ failure: RedisFailure) {
        let didNotRun = failure.isSurelyNotApplied || failure.isOtherEpoch
        batchers[Int(shard)].ended(didNotRun ? .notApplied : .unknown)
        meters.batchFailed(unknown: !didNotRun)
        logger.warning("claims undecided", metadata: ["shard": "\(shard)", "error": "\(failure)"])
        let nowMs = SystemClock.nowMs
        for claim in claims {
            forget(claim.risk, nowMs)
            answer(claim.waiter, .problem(didNotRun ? .storeAway : .storeUnknown))
        }
        heed(failure)
    }

    private func decided(
        _ shard: UInt16, _ claims: [PendingClaim], _ decisions: [ClaimDecision], _ credits: [StockCredit],
        _ nowNs: UInt64
    ) {
        var accepted = 0
        for case .accepted in decisions { accepted += 1 }
        batchers[Int(shard)].ended(.decided(accepted: accepted))
        stock.credited(shard: shard, credits)
        var short: Set<UInt16> = []
        for (claim, decision) in zip(claims, decisions) {
            var claim = claim
            claim.tries += 1
            let step = ScriptStep.after(
                decision, order: claim.order, refusal: claim.refusal, tries: claim.tries)
            switch step {
            case .produce(let order):
                take(order, claim, nowNs)
            case .drawStock:
                let gift = claim.order.gift
                stock.wait(claim, coupon: claim.order.coupon, gift: gift, shard: shard)
                short.insert(gift)
            case .tellState(let id):
                forget(claim.risk, claim.order.claimedAtMs)
                tellState(id, claim.waiter)
            case .awaitQueue(let id):
                forget(claim.risk, claim.order.claimedAtMs)
                awaitQueue(id, claim.waiter)
            case .answer(let problem):
                forget(claim.risk, claim.order.claimedAtMs)
                answer(claim.waiter, .problem(problem), nowNs: nowNs)
            }
        }
        for gift in short { findStock(gift, shard) }
    }

    /// Accepted: to Kafka with it. But a loop that lost its lease meanwhile leaves it in the outbox, where a
    /// living lane or a rebuild finds it: nobody waits for what such a loop might still produce.
    private func take(_ order: Order, _ claim: PendingClaim, _ nowNs: UInt64) {
        guard keeper.mayPromise(order.epoch, nowNs: nowNs) else {
            return answer(claim.waiter, .problem(.queueSlow), nowNs: nowNs)
        }
        produce(order, heldFor: claim.heldFor, cause: .claim, waiter: claim.waiter, nowNs: nowNs)
    }

    /// The coupon's own order, not out of the outbox yet.
    private func awaitQueue(_ id: OrderID, _ waiter: ClaimWaiter) {
        // Acknowledged already, and Redis is being told: as good as told.
        if let isHeld = confirms.isHeld(id) { return answer(waiter, .stored(id, isHeld ? .held : .queued)) }
        var waiter = waiter
        waiter.isRepeat = true
        if !flights.join(id, waiter, deadlineNs: deadlineNs(waiter)) {
            answer(waiter, .problem(.queueSlow))
        }
    }

    private func tellState(_ id: OrderID, _ waiter: ClaimWaiter) {
        store.state(id) { [self] result in
            switch result {
            case .success(let state) where state != .none: answer(waiter, .stored(id, state))
            case .success, .failure: answer(waiter, .problem(.storeAway))
            }
        }
    }

    func deadlineNs(_ waiter: ClaimWaiter) -> UInt64 {
        waiter.startedNs + UInt64(plan.limits.answerDeadlineMs) * 1_000_000
    }

    /// Claims that found no stock, or no lane to be numbered in.
    func refuse(_ claims: [PendingClaim], _ problem: ClaimProblem) {
        for claim in claims {
            forget(claim.risk, claim.order.claimedAtMs)
            answer(claim.waiter, .problem(problem))
        }
    }
}
