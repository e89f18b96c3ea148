import Catalog
import Kafka
import Logging
import Metrics
import NIOCore
import OrderStore
import Orders
import Redis
import Telemetry
import Wire

extension ClaimLoop {
    /// Tokens above this are of lane records; those below are of orders.
    static let laneTokenBit: UInt64 = 1 << 47

    /// Hands an order to Kafka; whoever waits is answered when it is acknowledged or when the deadline
    /// passes.
    func produce(_ order: Order, cause: OrderFlights<ClaimWaiter>.Cause, waiter: ClaimWaiter?) {
        let token = flights.begin(order.id, cause: cause, nowNs: SystemClock.nowNs)
        if let waiter { _ = flights.join(order.id, waiter, deadlineNs: deadlineNs(waiter)) }
        let game = Int(plan.catalog.gifts[Int(order.gift)].game)
        do throws(KafkaFailure) {
            guard let producer = tools?.producer else { preconditionFailure("the loop was not started") }
            try producer.produce(
                topic: plan.orderTopics[game], key: CrockfordBase32.encode(order.id.rawValue),
                value: OrderRecord.encode(order, plan.catalog), reporter: index, token: token)
        } catch {
            logger.warning(
                "order not handed to kafka", metadata: ["order": "\(order.id)", "error": "\(error)"])
            landed(token, acknowledged: false)
        }
    }

    /// Kafka's word on a batch of records. On the loop.
    func reported(_ reports: [DeliveryReport]) {
        loop.preconditionInEventLoop()
        var answers = [(ClaimWaiter, OrderID)]()
        for report in reports {
            if report.token & Self.laneTokenBit != 0 {
                announced(step: report.token ^ Self.laneTokenBit, report.failure)
            } else {
                landed(report.token, acknowledged: report.failure == nil) { answers.append(($0, $1)) }
            }
        }
        // The confirmation leaves before the answer, so that whoever was told of the order finds it queued.
        flushConfirms()
        for (waiter, id) in answers { answer(waiter, waiter.isRepeat ? .stored(id, .queued) : .accepted(id)) }
    }

    private func landed(
        _ token: UInt64, acknowledged: Bool, then: (ClaimWaiter, OrderID) -> Void = { _, _ in }
    ) {
        guard let flight = flights.land(token) else { return }
        sweep.landed(wasSwept: flight.cause == .sweep, acknowledged: acknowledged)
        meters.landed(flight, acknowledged: acknowledged)
        if acknowledged {
            confirms.add(flight.order)
            for waiter in flight.waiters { then(waiter, flight.order) }
        } else {
            // The order stays in the outbox, and the sweep takes care of it.
            for waiter in flight.waiters { answer(waiter, .problem(.queueSlow)) }
        }
    }

    /// Tells Redis what Kafka has acknowledged: one script a shard for all of a tick.
    func flushConfirms() {
        guard !confirms.isIdle, redis.isReady else { return }
        for batch in confirms.take(maxBatch: OrderStore.maxBatch) {
            store.confirm(shard: batch.shard, orders: batch.orders) { [self] result in
                switch result {
                case .success: confirms.done(batch)
                // Goes again at the next tick: confirming twice does no harm.
                case .failure: confirms.failed(batch)
                }
            }
        }
    }

    // MARK: - The outbox's sweep

    func sweepIfDue(_ nowNs: UInt64) {
        guard !isSweeping, nowNs >= nextSweepNs, let own = keeper.lane(nowNs: nowNs) else { return }
        guard sweep.room(open: flights.sweeping) > 0 else { return }
        isSweeping = true
        store.liveLanes { [self] result in
            guard case .success(let living) = result else { return sweepEnded(found: false) }
            sweepShards(
                own: own, living: living.sorted(), left: min(plan.limits.sweepShards, plan.keys.shards))
        }
    }

    /// One shard after the other, until enough is on its way.
    private func sweepShards(own: UInt32, living: [UInt32], left: Int, found: Bool = false) {
        guard left > 0, !isClosing, sweep.room(open: flights.sweeping) > 0 else {
            return sweepEnded(found: found)
        }
        let shard = sweep.nextShard()
        store.overdue(shard: shard, ageMs: plan.limits.sweepAgeMs, most: OrderStore.maxBatch) {
            [self] result in
            guard case .success(let orders) = result else { return sweepEnded(found: false) }
            let due = orders.lazy.filter { [self] order in
                OutboxSweep.isDue(order.id, own: own, living: living) && !flights.contains(order.id)
                    && !confirms.contains(order.id)
            }.prefix(sweep.room(open: flights.sweeping))
            var count = 0
            for order in Array(due) where isKnown(order) {
                produce(order, cause: .sweep, waiter: nil)
                count += 1
            }
            if count > 0 {
                sweep.produced(count)
                meters.swept.increment(by: Int64(count))
                logger.info("outbox swept", metadata: ["shard": "\(shard)", "orders": "\(count)"])
            }
            sweepShards(own: own, living: living, left: left - 1, found: found || count > 0)
        }
    }

    private func isKnown(_ order: Order) -> Bool {
        if plan.catalog.holds(order) { return true }
        logger.error(
            "an order in the outbox names what the catalog has not", metadata: ["order": "\(order.id)"])
        return false
    }

    /// With something found the next round follows soon; else the outbox is left alone for a second.
    private func sweepEnded(found: Bool) {
        isSweeping = false
        nextSweepNs = SystemClock.nowNs + (found ? 0 : 1_000_000_000)
    }
}
