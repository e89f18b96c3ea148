import Kafka
import Logging
import OrderLog
import OrderStore
import Orders
import Redis
import Telemetry

extension ClaimLoop {
    /// Tells the lane keeper something and does what it wants. Scripts carry the epoch that it knows.
    func tell(_ event: LaneKeeper.Event, step: UInt64? = nil, nowNs: UInt64 = SystemClock.nowNs) {
        let before = keeper.state
        let actions = keeper.on(event, step: step, nowNs: nowNs)
        store.epoch = keeper.epoch
        if case .waiting(_, let why) = keeper.state, keeper.state != before, why != .failed {
            tellOfWaiting(why)
        }
        for action in actions { perform(action) }
    }

    private func perform(_ action: LaneKeeper.Action) {
        let step = keeper.step
        switch action {
        case .ask:
            store.standing { [self] result in answered(step, result.map { .standing($0) }) }
        case .look:
            store.standing { [self] result in tell(.looked(try? result.get())) }
        case .markFresh:
            store.markFresh { [self] result in answered(step, result.map { .marked }) }
        case .readHistory:
            readHistory(step)
        case .recordEpoch:
            record(
                .epoch(epoch: 1, cause: "opened", by: plan.ownerName, atMs: SystemClock.nowMs), key: "epoch",
                step)
        case .openFresh:
            let floor = UInt32(clamping: SystemClock.nowMs / 1000 - OrderStore.laneEpochS)
            store.openFresh(catalog: plan.catalog, laneFloor: floor) { [self] result in
                answered(step, result.map { .openedFresh })
            }
        case .acquire:
            store.acquireLane(owner: plan.owner, leaseMs: plan.limits.leaseMs) { [self] result in
                answered(step, result.map { .acquired(lane: $0) })
            }
        case .announce(let lane):
            record(
                .lane(lane: lane, owner: plan.owner, epoch: keeper.epoch, atMs: SystemClock.nowMs),
                key: "lane", step)
        case .renew(let lane):
            renew(lane)
        case .giveUp(let lane):
            store.renewLanes([lane], owner: plan.owner, leaseMs: 0) { _ in }
        case .opened(let lane, let isNewEpoch):
            opened(lane, isNewEpoch)
        case .closed:
            logger.notice("claims stopped", metadata: ["why": "\(keeper.missing ?? "")"])
            failWaiting(.noLane)
        }
    }

    /// The answer to a step's question.
    private func answered(_ step: UInt64, _ result: Result<LaneKeeper.Event, RedisFailure>) {
        switch result {
        case .success(let event): tell(event, step: step)
        case .failure(let failure):
            logger.warning("lane: a step failed", metadata: ["error": "\(failure)"])
            tell(failure.isOtherEpoch ? .epochRefused : .failed, step: step)
        }
    }

    private func renew(_ lane: UInt32) {
        store.renewLanes([lane], owner: plan.owner, leaseMs: plan.limits.leaseMs) { [self] result in
            switch result {
            case .success(let answers): tell(.renewed(lane: lane, answers.first))
            case .failure(let failure):
                tell(.renewed(lane: lane, nil))
                heed(failure)
            }
        }
    }

    /// A refused script may mean that Redis has another epoch.
    func heed(_ failure: RedisFailure) {
        if failure.isOtherEpoch { tell(.epochRefused) }
    }

    private func opened(_ lane: UInt32, _ isNewEpoch: Bool) {
        if isNewEpoch { stock.forgetCredits() }
        for shard in batchers.indices { batchers[shard].adopt(lane: lane) }
        logger.info(
            "claims open",
            metadata: ["lane": "\(lane)", "epoch": "\(keeper.epoch)", "loop": "\(index)"])
    }

    private func tellOfWaiting(_ why: LaneKeeper.Reason) {
        guard why != toldReason else { return }
        toldReason = why
        logger.error("nothing is taken", metadata: ["why": "\(why.rawValue)", "loop": "\(index)"])
    }

    // MARK: - Kafka's control topic

    /// Whether the campaign is new is Kafka's to say.
    private func readHistory(_ step: UInt64) {
        tools?.readHistory { [self] history in
            guard let history else { return tell(.failed, step: step) }
            tell(.history(isBlank: history.isEmpty), step: step)
        }
    }

    /// The epoch is written down before anything is accepted in it, and the lane before it numbers its first
    /// order: a Redis that has lost its counters finds them again there.
    private func record(_ record: ControlRecord, key: String, _ step: UInt64) {
        do throws(KafkaFailure) {
            guard let producer = tools?.producer else { preconditionFailure("the loop was not started") }
            try producer.produce(
                topic: plan.controlTopic, partition: 0, key: Array(key.utf8), value: record.encode(),
                reporter: index, token: Self.laneTokenBit | step)
        } catch {
            recorded(step: step, error)
        }
    }

    func recorded(step: UInt64, _ failure: KafkaFailure?) {
        if let failure { logger.warning("control record lost", metadata: ["error": "\(failure)"]) }
        let isEpoch = keeper.state == .recordingEpoch
        tell(failure == nil ? (isEpoch ? .epochRecorded : .announced) : .failed, step: step)
    }
}

extension RedisFailure {
    /// The script carried another epoch than the one that Redis has; it did nothing.
    var isOtherEpoch: Bool { hasCode("EPOCH") }
}
