import Logging
import OrderStore
import Redis
import Synchronization

/// Prolongs a run's lease three times as often as it ends, until it is stopped or lost.
///
/// Whether the lease is lost decides Redis alone, when the run asks to be sealed; this only tells early.
final class RunTenureKeeper: Sendable {
    private let lost = Atomic(false)
    private let task = Mutex<Task<Void, Never>?>(nil)

    var isLost: Bool { lost.load(ordering: .relaxed) }

    init(_ store: OrderStore, _ tenure: RunTenure, leaseMs: Int64, logger: Logger) {
        task.withLock { task in
            task = Task { [self] in
                while !Task.isCancelled {
                    try? await ContinuousClock().sleep(for: .milliseconds(leaseMs / 3))
                    guard !Task.isCancelled else { return }
                    // Redis away: it may be back before the lease ends.
                    guard let isKept = try? await store.keepRun(tenure, leaseMs: leaseMs), !isKept else {
                        continue
                    }
                    lost.store(true, ordering: .relaxed)
                    return logger.warning(
                        "the run's lease was lost: it will write nothing",
                        metadata: ["run": "\(RunID(tenure))"])
                }
            }
        }
    }

    func stop() {
        task.withLock { $0?.cancel() }
    }
}
