import Logging
import NIOCore
import OrderStore
import Redis
import Telemetry

extension DeliveryLoop {
    /// How often it is looked whether Redis should be asked.
    static let runTick = TimeAmount.milliseconds(250)

    /// Follows Redis's run from now on. On the loop.
    func watchRun() {
        loop.assertInEventLoop()
        engine.isRunOpen = false
        let redis = store.redis
        redis.onState = { [weak self] isReady in self?.redisChanged(isReady) }
        if redis.isReady { redisChanged(true) }
        runTicker = loop.scheduleRepeatedTask(initialDelay: Self.runTick, delay: Self.runTick) {
            [weak self] _ in
            guard let self else { return }
            lookAtStatus()
            if run.tick(nowNs: SystemClock.nowNs) { askStanding() }
        }
    }

    private func redisChanged(_ isReady: Bool) {
        let isToAsk = run.connected(isReady)
        adoptRun()
        if isToAsk { askStanding() }
    }

    /// A refused script may mean that Redis has another epoch.
    func heed(_ failure: RedisFailure) {
        guard failure.hasCode("EPOCH") else { return }
        let isToAsk = run.refused()
        adoptRun()
        if isToAsk { askStanding() }
    }

    private func askStanding() {
        let question = run.question
        store.standing { [self] result in
            run.looked(try? result.get(), question: question, nowNs: SystemClock.nowNs)
            adoptRun()
        }
    }

    /// Lets the engine begin, or not, and what waited for Redis go.
    private func adoptRun() {
        store.epoch = run.epoch
        let what = run.isOpen ? "consuming" : run.why
        if what != toldRun {
            toldRun = what
            if run.isOpen {
                logger.notice("deliveries begin", metadata: ["epoch": "\(run.epoch)"])
            } else {
                logger.error("nothing is begun", metadata: ["why": "\(run.why)"])
            }
            onRun?(run.isOpen, what)
        }
        openEngine()
    }

    /// Not before the limits in force are known.
    func openEngine() {
        let isOpen = run.isOpen && operators?.isLoaded ?? true
        guard engine.isRunOpen != isOpen else { return }
        turn { engine, _ in engine.isRunOpen = isOpen }
    }
}
