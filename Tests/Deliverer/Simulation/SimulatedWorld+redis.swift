import OrderStore
import Orders
import Redis

@testable import Deliverer

/// Redis, by the machine's own table: the two scripts as ``OrderScripts`` has them.
extension SimulatedWorld {
    /// A call that works, or is done and not told, or done after its caller gave it up, or refused.
    mutating func redis<Reply>(
        _ slot: Int, _ order: Int, call: @escaping (inout SimulatedWorld) -> Reply,
        told: @escaping (inout DeliveryEngine, Result<Reply, RedisFailure>, Moment) -> Void
    ) {
        func tell(_ world: inout SimulatedWorld, _ result: Result<Reply, RedisFailure>, inMs ms: Double) {
            world.reaches(slot, inMs: ms) { told(&$0.deliverers[slot].engine, result, $0.moment) }
        }
        let lost = RedisFailure(kind: .unknown, message: "no answer")
        let luck = share(order)
        if luck < plan.redisLost {
            _ = call(&self)
            tell(&self, .failure(lost), inMs: 250)
        } else if luck < plan.redisLost + plan.redisLate {
            happens(inMs: 400) { _ = call(&$0) }
            tell(&self, .failure(lost), inMs: 250)
        } else if luck < plan.redisLost + plan.redisLate + plan.redisRefused {
            tell(&self, .failure(RedisFailure(kind: .refused(code: "BUSY"), message: "BUSY")), inMs: 1)
        } else {
            tell(&self, .success(call(&self)), inMs: 1)
        }
    }

    mutating func begin(_ entry: AttemptEntry, owner: UInt64, lifeMs: Int64) -> AttemptDecision {
        let number = Int(entry.order.id.sequence)
        let stored = orders[number]
        if stored.state.isClosed { return .closed(stored.state) }
        if stored.state == .held || stored.state == .parked { return .withAPerson(stored.state) }
        if stored.state == .inFlight {
            if stored.owner == owner, stored.made == entry.attempt {
                orders[number].deadlineMs = nowMs + lifeMs
                return .go
            }
            if stored.deadlineMs > nowMs { return .busy(remainingMs: stored.deadlineMs - nowMs) }
            move(number, to: .unknown)
            orders[number].owner = 0
            return .unknown(attempts: stored.made)
        }
        if stored.state == .unknown, !entry.resendsUnknown { return .unknown(attempts: stored.made) }
        guard entry.attempt == stored.made + 1 else { return .madeBefore(attempts: stored.made) }
        move(number, to: .inFlight)
        orders[number].made = entry.attempt
        orders[number].owner = owner
        orders[number].deadlineMs = nowMs + lifeMs
        return .go
    }

    mutating func settle(_ entry: SettleEntry) -> SettleDecision {
        let number = Int(entry.order.sequence)
        let stored = orders[number]
        let isStale =
            stored.state == .inFlight && stored.made != entry.attempt
            || stored.state == .unknown && stored.made > entry.attempt
        guard let next = stored.state.after(entry.event), !isStale || entry.event == .granted else {
            return SettleDecision(applied: false, state: stored.state)
        }
        move(number, to: next)
        orders[number].made = max(stored.made, entry.attempt)
        return SettleDecision(applied: true, state: next)
    }
}
