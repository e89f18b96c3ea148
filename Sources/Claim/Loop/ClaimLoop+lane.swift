import Catalog
import Kafka
import Logging
import OrderStore
import Orders
import Redis
import Telemetry

extension ClaimLoop {
    /// Carries out what the lane keeper wants.
    func perform(_ actions: [LaneKeeper.Action]) {
        for action in actions { perform(action) }
    }

    private func perform(_ action: LaneKeeper.Action) {
        let step = keeper.step
        let lease = plan.limits.leaseMs
        switch action {
        case .askRun:
            store.redisRun { [self] result in lane(asked: step, result.map { .run($0) }) }
        case .acquire(let run, let floor):
            store.acquireLane(run: run, floor: floor, owner: plan.owner, leaseMs: lease) { [self] result in
                lane(
                    asked: step,
                    result.map { answer in
                        switch answer {
                        case .lane(let lane): .acquired(lane: lane)
                        case .needsFloor: .needsFloor
                        }
                    })
            }
        case .readFloor:
            readLaneFloor(step)
        case .announce(let lane):
            announce(lane, step)
        case .renew(let lane):
            store.renewLanes([lane], owner: plan.owner, leaseMs: lease) { [self] result in
                let isOurs = try? result.get().first
                perform(keeper.on(.renewed(lane: lane, isOurs), nowNs: SystemClock.nowNs))
            }
        case .giveUp(let lane):
            store.renewLanes([lane], owner: plan.owner, leaseMs: 0) { _ in }
        case .opened(let lane, let isNewRun):
            opened(lane, isNewRun)
        case .closed:
            logger.notice("claims stopped", metadata: ["why": "\(keeper.missing ?? "")"])
            failWaiting(.noLane)
        }
    }

    private func lane(asked step: UInt64, _ result: Result<LaneKeeper.Event, RedisFailure>) {
        let event: LaneKeeper.Event
        switch result {
        case .success(let answer): event = answer
        case .failure(let failure):
            logger.warning("lane not acquired", metadata: ["error": "\(failure)"])
            event = .failed
        }
        perform(keeper.on(event, step: step, nowNs: SystemClock.nowNs))
    }

    private func opened(_ lane: UInt32, _ isNewRun: Bool) {
        if isNewRun { stock.forgetCredits() }
        for shard in batchers.indices { batchers[shard].adopt(lane: lane) }
        logger.info("claims open", metadata: ["lane": "\(lane)", "loop": "\(index)"])
        lookForPool()
    }

    /// Redis's counter may be old: the highest lane in Kafka, or the seconds since 2024, is the floor
    /// beneath it.
    private func readLaneFloor(_ step: UInt64) {
        logger.warning("redis is new or was restarted: reading the highest lane from kafka")
        tools?.readFloor { [self] highest in
            guard let highest else { return lane(asked: step, .failure(.noFloor)) }
            let seconds = UInt32(clamping: SystemClock.nowMs / 1000 - OrderStore.laneEpochS)
            lane(asked: step, .success(.floor(max(highest, seconds))))
        }
    }

    /// The lane is written down in Kafka before it numbers its first order: a Redis that has lost its
    /// counter finds it again there.
    private func announce(_ lane: UInt32, _ step: UInt64) {
        let record = ControlRecord.lane(lane: lane, owner: plan.owner, atMs: SystemClock.nowMs)
        do throws(KafkaFailure) {
            guard let producer = tools?.producer else { preconditionFailure("the loop was not started") }
            try producer.produce(
                topic: plan.controlTopic, partition: 0, key: Array("lane".utf8), value: record.encode(),
                reporter: index, token: Self.laneTokenBit | step)
        } catch {
            announced(step: step, error)
        }
    }

    func announced(step: UInt64, _ failure: KafkaFailure?) {
        if let failure { logger.warning("lane not announced", metadata: ["error": "\(failure)"]) }
        perform(keeper.on(failure == nil ? .announced : .failed, step: step, nowNs: SystemClock.nowNs))
    }
}

extension RedisFailure {
    fileprivate static let noFloor = RedisFailure(
        kind: .neverSent, message: "kafka did not say which lanes there were")
}
