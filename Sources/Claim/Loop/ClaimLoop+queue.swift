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
    /// Tokens with this bit are of control records; those without are of orders.
    static let laneTokenBit: UInt64 = 1 << 47

    /// Hands an order to Kafka, to its game's topic or, while it waits for an operator, to `.held`; whoever
    /// waits is answered when it is acknowledged or when the deadline passes.
    func produce(
        _ order: Order, heldFor flags: RiskFlags? = nil, cause: OrderFlights<ClaimWaiter>.Cause,
        waiter: ClaimWaiter?, nowNs: UInt64
    ) {
        let token = flights.begin(
            order.id, cause: cause, epoch: keeper.leaseEpoch, isHeld: flags != nil, nowNs: nowNs)
        if let waiter { _ = flights.join(order.id, waiter, deadlineNs: deadlineNs(waiter)) }
        let gate = plan.gate
        let topic: String
        let partition: Int32
        let value: [UInt8]
        if let flags {
            topic = plan.heldTopic
            partition = -1
            value = HeldRecord(order: order, risk: flags.names).encode(gate.catalog)
        } else {
            let game = Int(gate.catalog.gifts[Int(order.gift)].game)
            topic = plan.orderTopics[game]
            partition = partitions.next(game: game, nowNs: nowNs)
            value = OrderRecord.encode(order, gate.catalog)
        }
        do throws(KafkaFailure) {
            guard let producer = tools?.producer else { preconditionFailure("the loop was not started") }
            try producer.produce(
                topic: topic, partition: partition, key: CrockfordBase32.encode(order.id.rawValue),
                value: value, reporter: index, token: token)
        } catch {
            logger.warning(
                "order not handed to kafka", metadata: ["order": "\(order.id)", "error": "\(error)"])
            guard let flight = flights.land(token) else { return }
            landed(flight, acknowledged: false, nowNs)
        }
    }

    /// Kafka's word on a batch of records. On the loop.
    func reported(_ reports: [DeliveryReport]) {
        loop.preconditionInEventLoop()
        let nowNs = SystemClock.nowNs
        var answers = [OrderFlights<ClaimWaiter>.Flight]()
        answers.reserveCapacity(reports.count)
        for report in reports {
            if report.token & Self.laneTokenBit != 0 {
                recorded(step: report.token ^ Self.laneTokenBit, report.failure)
            } else if let flight = flights.land(report.token) {
                landed(flight, acknowledged: report.failure == nil, nowNs)
                if report.failure == nil { answers.append(flight) }
            }
        }
        // The confirmation leaves before the answer, so that whoever was told of the order finds it queued.
        flushConfirms()
        let answeredNs = SystemClock.nowNs
        for flight in answers { tellAccepted(flight, answeredNs) }
    }

    private func landed(_ flight: OrderFlights<ClaimWaiter>.Flight, acknowledged: Bool, _ nowNs: UInt64) {
        sweep.landed(wasSwept: flight.cause == .sweep, acknowledged: acknowledged)
        meters.landed(flight, acknowledged: acknowledged, nowNs: nowNs)
        if acknowledged {
            confirms.add(flight.order, isHeld: flight.isHeld)
        } else {
            // The order stays in the outbox, and the sweep takes care of it.
            flight.forEachWaiter { answer($0, .problem(.queueSlow), nowNs: nowNs) }
        }
    }

    /// Both stores hold the order: it is promised, as long as the lease says that no rebuild of Redis may
    /// have overlooked it.
    private func tellAccepted(_ flight: OrderFlights<ClaimWaiter>.Flight, _ nowNs: UInt64) {
        let isPromised = keeper.mayPromise(flight.epoch, nowNs: nowNs)
        let state: OrderState = flight.isHeld ? .held : .queued
        flight.forEachWaiter { waiter in
            guard isPromised else { return answer(waiter, .problem(.queueSlow), nowNs: nowNs) }
            answer(
                waiter, waiter.isRepeat ? .stored(flight.order, state) : .accepted(flight.order, state),
                nowNs: nowNs)
        }
    }

    /// Tells Redis what Kafka has acknowledged: one script a shard for all of a tick.
    func flushConfirms() {
        guard !confirms.isIdle, redis.isReady, store.epoch != 0 else { return }
        for batch in confirms.take(maxBatch: OrderStore.maxBatch) {
            let then: OrderStore.Answer<Int> = { [self] result in
                switch result {
                case .success: confirms.done(batch)
                // Goes again at the next tick: confirming twice does no harm.
                case .failure(let failure):
                    confirms.failed(batch)
                    heed(failure)
                }
            }
            if batch.isHeld {
                store.confirmHeld(shard: batch.shard, orders: batch.orders, then: then)
            } else {
                store.confirm(shard: batch.shard, orders: batch.orders, then: then)
            }
        }
    }

    // MARK: - The outbox's sweep

    func sweepIfDue(_ nowNs: UInt64) {
        guard !isSweeping, nowNs >= nextSweepNs, let own = keeper.lane(nowNs: nowNs) else { return }
        guard sweep.room(open: flights.sweeping) > 0 else { return }
        isSweeping = true
        store.liveLanes { [self] result in
            guard case .success(let living) = result else { return sweepEnded(result.map { _ in false }) }
            sweepShards(
                own: own, living: living.sorted(), left: min(plan.limits.sweepShards, plan.keys.shards))
        }
    }

    /// One shard after the other, until enough is on its way.
    private func sweepShards(own: UInt32, living: [UInt32], left: Int, found: Bool = false) {
        guard left > 0, !isClosing, sweep.room(open: flights.sweeping) > 0 else {
            return sweepEnded(.success(found))
        }
        let shard = sweep.nextShard()
        store.overdue(shard: shard, ageMs: plan.limits.sweepAgeMs, most: OrderStore.maxBatch) {
            [self] result in
            guard case .success(let entries) = result else { return sweepEnded(result.map { _ in false }) }
            // The answer may have waited: of a lane that is lost nothing is swept.
            let nowNs = SystemClock.nowNs
            guard keeper.lane(nowNs: nowNs) == own else { return sweepEnded(.success(false)) }
            let due = entries.lazy.filter { [self] entry in
                OutboxSweep.isDue(entry.order.id, own: own, living: living)
                    && !flights.contains(entry.order.id) && !confirms.contains(entry.order.id)
            }.prefix(sweep.room(open: flights.sweeping))
            var count = 0
            for entry in Array(due) where isKnown(entry.order) {
                // What spoke against it stands in its first record, if that arrived.
                let flags: RiskFlags? = entry.isHeld ? [] : nil
                produce(entry.order, heldFor: flags, cause: .sweep, waiter: nil, nowNs: nowNs)
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
    private func sweepEnded(_ found: Result<Bool, RedisFailure>) {
        isSweeping = false
        if case .failure(let failure) = found { heed(failure) }
        nextSweepNs = SystemClock.nowNs + ((try? found.get()) == true ? 0 : 1_000_000_000)
    }
}
