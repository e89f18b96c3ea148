import Logging
import Metrics
import NIOCore
import OrderStore
import Pacing
import Telemetry

/// What this process lends of its shares of the limits, and borrows of others': see `LimitShares`. Without
/// Redis everybody keeps to what they own.
extension DeliveryLoop {
    /// Writes and reads the board from now on. On the loop.
    func watchShares() {
        loop.assertInEventLoop()
        let tick = TimeAmount.nanoseconds(Int64(LimitShares.tickNs))
        lendTicker = loop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { [weak self] _ in
            self?.lend()
        }
    }

    private func lend() {
        guard store.epoch != 0, let entry = engine.pacer.planLending(nowNs: SystemClock.nowNs) else { return }
        let sequence = entry.sequence
        store.lend(instance: entry.instance, sequence: sequence, entry: entry.encode()) { [self] result in
            switch result {
            case .success(let board):
                let entries = board.entries.compactMap { LendEntry.decode($0.entry, instance: $0.instance) }
                turn { engine, now in engine.pacer.lendAnswered(sequence, entries, nowNs: now.ns) }
                operators?.changed(board.controlVersion)
            case .failure(let failure):
                turn { engine, now in engine.pacer.lendFailed(sequence, nowNs: now.ns) }
                meters.lendFailures.increment()
                // Every 200 ms while Redis is away, which has been told already.
                logger.debug("redis: the board was not read", metadata: ["reason": "\(failure)"])
                heed(failure)
            }
        }
    }
}
