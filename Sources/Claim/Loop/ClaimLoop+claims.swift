import Catalog
import HTTPServer
import Logging
import Metrics
import NIOCore
import OrderStore
import Orders
import ProfileRoad
import Profiles
import Redis
import Telemetry

extension ClaimLoop {
    /// `POST /v1/claims`: credentials, catalog, eligibility, and into the batch.
    func claim(_ request: HTTPRequest, _ waiter: ClaimWaiter) {
        guard !isClosing else { return answer(waiter, .problem(.closing)) }
        guard open <= plan.limits.maxOpen else { return answer(waiter, .problem(.overloaded)) }
        let nowMs = SystemClock.nowMs
        let claim: AdmittedClaim
        do throws(ClaimProblem) {
            let user = try plan.gate.person(bearer: request.bearerToken, nowMs: nowMs)
            claim = try request.body.withUnsafeReadableBytes { bytes in
                Result { () throws(ClaimProblem) in try plan.gate.admit(user: user, body: bytes) }
            }.get()
        } catch {
            return answer(waiter, .problem(error))
        }
        switch judge(claim, profile: nil, nowMs) {
        case .claim: enqueue(claim, refusal: nil, nowMs, waiter)
        case .refuse(let problem): enqueue(claim, refusal: problem, nowMs, waiter)
        case .unknown: askProfile(claim, waiter)
        }
    }

    private func judge(_ claim: AdmittedClaim, profile: Profile?, _ nowMs: Int64) -> Verdict {
        let isSoldOut = stock.isSoldOut(
            gift: claim.gift, shard: plan.keys.shard(user: claim.user), nowNs: SystemClock.nowNs)
        return plan.gate.judge(claim, profile: profile, nowMs: nowMs, soldOut: isSoldOut)
    }

    private func enqueue(
        _ claim: AdmittedClaim, refusal: ClaimProblem?, _ nowMs: Int64, _ waiter: ClaimWaiter
    ) {
        enqueue(
            PendingClaim(
                order: plan.gate.order(claim, nowMs: nowMs), refusal: refusal,
                shard: plan.keys.shard(user: claim.user), waiter: waiter))
    }

    /// With a profile at hand. A person who is told to make a role does so: what says that there is none,
    /// or not this one, is asked for once more before it is believed.
    private func askProfile(_ claim: AdmittedClaim, _ waiter: ClaimWaiter) {
        guard let road = tools?.road else { return answer(waiter, .problem(.noLane)) }
        let game = plan.catalog.gifts[Int(claim.gift)].game
        road.profile(user: claim.user, games: 1 << UInt64(game)) { [self] found in
            let nowMs = SystemClock.nowMs
            let verdict = judge(claim, profile: found.profile, nowMs)
            guard case .refuse(let problem) = verdict, problem.mayBeStale else {
                return enqueue(claim, refusal: verdict.problem, nowMs, waiter)
            }
            road.refresh(user: claim.user, game: game) { [self] found in
                let nowMs = SystemClock.nowMs
                enqueue(claim, refusal: judge(claim, profile: found.profile, nowMs).problem, nowMs, waiter)
            }
        }
    }

    // MARK: - The script

    /// Sends the shard's next batch, if one may leave.
    func pump(_ shard: UInt16) {
        guard keeper.lane(nowNs: SystemClock.nowNs) != nil else { return failWaiting(.noLane) }
        switch batchers[Int(shard)].next() {
        case .nothing:
            return
        case .laneFull:
            perform(keeper.on(.full, nowNs: SystemClock.nowNs))
        case .send(let batch):
            let credits = stock.credits(shard: shard)
            meters.batches.record(batch.items.count)
            store.claim(
                shard: shard, lane: batch.lane, firstSequence: batch.firstSequence,
                outboxMax: plan.limits.outboxMax, credits: credits, entries: batch.items.map(\.entry)
            ) { [self] result in
                switch result {
                case .success(let decisions): decided(shard, batch.items, decisions, credits)
                case .failure(let failure): undecided(shard, batch.items, failure)
                }
                pump(shard)
            }
        }
    }

    private func undecided(_ shard: UInt16, _ claims: [PendingClaim], _ failure: RedisFailure) {
        let didNotRun = failure.isSurelyNotApplied
        batchers[Int(shard)].ended(didNotRun ? .notApplied : .unknown)
        meters.batchFailed(unknown: !didNotRun)
        logger.warning("claims undecided", metadata: ["shard": "\(shard)", "error": "\(failure)"])
        for claim in claims { answer(claim.waiter, .problem(didNotRun ? .storeAway : .storeUnknown)) }
    }

    private func decided(
        _ shard: UInt16, _ claims: [PendingClaim], _ decisions: [ClaimDecision], _ credits: [StockCredit]
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
            if step == .drawStock {
                let gift = claim.order.gift
                stock.wait(claim, coupon: claim.order.coupon, gift: gift, shard: shard)
                short.insert(gift)
            } else {
                take(step, claim.waiter)
            }
        }
        for gift in short { draw(gift, shard) }
    }

    private func take(_ step: ScriptStep, _ waiter: ClaimWaiter) {
        switch step {
        case .produce(let order):
            produce(order, cause: .claim, waiter: waiter)
        case .tellState(let id):
            tellState(id, waiter)
        case .awaitQueue(let id):
            // Acknowledged already, and Redis is being told: as good as queued.
            if confirms.contains(id) { return answer(waiter, .stored(id, .queued)) }
            var waiter = waiter
            waiter.isRepeat = true
            if !flights.join(id, waiter, deadlineNs: deadlineNs(waiter)) {
                answer(waiter, .problem(.queueSlow))
            }
        case .answer(let problem):
            answer(waiter, .problem(problem))
        case .drawStock:
            preconditionFailure("stock is drawn for the whole batch")
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

    // MARK: - Stock

    private func draw(_ gift: UInt16, _ shard: UInt16) {
        let packs = plan.catalog.gifts[Int(gift)].stock
        switch stock.step(gift: gift, shard: shard, stock: packs, nowNs: SystemClock.nowNs) {
        case .nothing: return
        case .again(let claims): again(claims, shard)
        case .soldOut(let claims): for claim in claims { answer(claim.waiter, .problem(.soldOut)) }
        case .draw(let draw):
            meters.draws.increment()
            store.draw(gift: gift, shard: shard, wanted: draw.wanted, creditedEver: draw.creditedEver) {
                [self] result in drew(draw, result)
            }
        }
    }

    private func drew(_ draw: StockRoom<PendingClaim>.Draw, _ result: Result<Int, RedisFailure>) {
        switch result {
        case .success(let drawnEver):
            switch stock.drew(
                gift: draw.gift, shard: draw.shard, drawnEver: drawnEver, nowNs: SystemClock.nowNs)
            {
            case .again(let claims): again(claims, draw.shard)
            case .soldOut(let claims): for claim in claims { answer(claim.waiter, .problem(.soldOut)) }
            }
        case .failure(let failure):
            logger.warning("stock not drawn", metadata: ["gift": "\(draw.gift)", "error": "\(failure)"])
            for claim in stock.drawFailed(gift: draw.gift, shard: draw.shard) {
                answer(claim.waiter, .problem(.storeAway))
            }
        }
    }

    /// Back into the batch, with stock in sight.
    private func again(_ claims: [PendingClaim], _ shard: UInt16) {
        guard keeper.lane(nowNs: SystemClock.nowNs) != nil else {
            for claim in claims { answer(claim.waiter, .problem(.noLane)) }
            return
        }
        batchers[Int(shard)].putBack(claims)
        markDirty(shard)
    }
}

extension Verdict {
    /// What to say unless the coupon has an order; nil where the claim may go ahead.
    var problem: ClaimProblem? {
        switch self {
        case .claim: nil
        case .refuse(let problem): problem
        case .unknown: .eligibilityUnknown
        }
    }
}

extension ClaimProblem {
    /// Said by a profile that may be older than what the person has done since.
    var mayBeStale: Bool { self == .refused(.noRole) || self == .refused(.notYours) }
}
