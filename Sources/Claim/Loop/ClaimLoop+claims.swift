import Catalog
import HTTPServer
import NIOCore
import OrderStore
import Orders
import ProfileRoad
import Profiles
import Telemetry

extension ClaimLoop {
    /// `POST /v1/claims`: credentials, catalog, eligibility, and into the batch.
    func claim(_ request: HTTPRequest, _ waiter: ClaimWaiter) {
        guard !isClosing else { return answer(waiter, .problem(.closing)) }
        guard open <= plan.limits.maxOpen else { return answer(waiter, .problem(.overloaded)) }
        let nowMs = SystemClock.nowMs
        let claim: AdmittedClaim
        do throws(ClaimProblem) {
            claim = try door.claim(request, plan.gate, nowMs: nowMs, nowNs: waiter.startedNs)
        } catch {
            return answer(waiter, .problem(error))
        }
        switch judge(claim, profile: nil, nowMs, nowNs: waiter.startedNs) {
        case .claim: enqueue(claim, refusal: nil, nowMs, waiter)
        case .refuse(let problem): enqueue(claim, refusal: problem, nowMs, waiter)
        case .unknown: askProfile(claim, waiter)
        }
    }

    private func judge(
        _ claim: AdmittedClaim, profile: Profile?, _ nowMs: Int64, nowNs: UInt64
    ) -> Verdict {
        let isSoldOut = stock.isSoldOut(gift: claim.gift, nowNs: nowNs)
        return plan.gate.judge(claim, profile: profile, nowMs: nowMs, soldOut: isSoldOut)
    }

    private func enqueue(
        _ claim: AdmittedClaim, refusal: ClaimProblem?, _ nowMs: Int64, _ waiter: ClaimWaiter
    ) {
        var order = plan.gate.order(claim, nowMs: nowMs)
        order.epoch = store.epoch
        enqueue(
            PendingClaim(
                order: order, refusal: refusal, risk: refusal == nil ? judgeRisk(claim, nowMs) : nil,
                shard: plan.keys.shard(user: claim.user), waiter: waiter))
    }

    // MARK: - The profile

    /// With a profile at hand. What would refuse a person who may have mended it since, and what is older
    /// than `claim.profile_age`, is asked for once more before it is believed.
    private func askProfile(_ claim: AdmittedClaim, _ waiter: ClaimWaiter) {
        guard let road = tools?.road else { return answer(waiter, .problem(.noLane)) }
        let game = plan.gate.catalog.gifts[Int(claim.gift)].game
        road.profile(user: claim.user, games: 1 << UInt64(game)) { [self] found in
            let nowMs = SystemClock.nowMs
            let verdict = judge(claim, profile: found.profile, nowMs, nowNs: waiter.startedNs)
            guard isToBeAskedAgain(verdict, found, nowMs) else {
                return enqueue(claim, refusal: verdict.problem, nowMs, waiter)
            }
            road.refresh(user: claim.user, game: game) { [self] found in
                let nowMs = SystemClock.nowMs
                let verdict = judge(claim, profile: found.profile, nowMs, nowNs: waiter.startedNs)
                enqueue(claim, refusal: verdict.problem, nowMs, waiter)
            }
        }
    }

    private func isToBeAskedAgain(_ verdict: Verdict, _ found: ProfileAnswer, _ nowMs: Int64) -> Bool {
        switch verdict {
        case .refuse(let problem): problem.mayBeStale
        case .unknown: false
        case .claim:
            nowMs - Int64(found.profile.fetchedAtS) * 1000 > plan.limits.profileAgeMs && found.missing == 0
        }
    }

    // MARK: - Operators

    /// Puts an order of an operator's making to the script, past the door, the phases and eligibility; a
    /// coupon that has an order keeps it. On the loop.
    ///
    /// - Parameters:
    ///   - order: its ID and epoch are not looked at.
    ///   - then: called once, on the loop: `accepted`, `stored` (the coupon was spent on the same),
    ///     `coupon-spent`, `sold-out` or `over-quota`; at `try-again` the order may stand, and asking again
    ///     tells.
    func submit(_ order: Order, then: @escaping (ClaimAnswer) -> Void) {
        loop.preconditionInEventLoop()
        let waiter = ClaimWaiter(caller: then)
        open += 1
        guard !isClosing else { return answer(waiter, .problem(.closing)) }
        guard open <= plan.limits.maxOpen else { return answer(waiter, .problem(.overloaded)) }
        var order = order
        order.epoch = store.epoch
        enqueue(
            PendingClaim(
                order: order, refusal: nil, shard: plan.keys.shard(user: order.user), waiter: waiter))
    }

    /// Hands an order that an operator has released, and that stands in the outbox, to its game's topic. On
    /// the loop.
    ///
    /// - Parameter then: `accepted` once Kafka holds it; at `try-again` the sweep will bring it there.
    func submitReleased(_ order: Order, then: @escaping (ClaimAnswer) -> Void) {
        loop.preconditionInEventLoop()
        var waiter = ClaimWaiter(caller: then)
        open += 1
        if flights.contains(order.id) {
            // The sweep was quicker.
            waiter.isRepeat = true
            _ = flights.join(order.id, waiter, deadlineNs: deadlineNs(waiter))
            return
        }
        produce(order, cause: .claim, waiter: waiter, nowNs: waiter.startedNs)
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
