import Synchronization

/// Does something at once and then again and again, each beginning at least so long after the one before.
final class Periodic: Sendable {
    private let every: Duration
    private let body: @Sendable () async -> Void
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(every: Duration, _ body: @escaping @Sendable () async -> Void) {
        self.every = every
        self.body = body
    }

    func start() {
        let (every, body) = (every, body)
        task.withLock { task in
            guard task == nil else { return }
            task = Task {
                let clock = ContinuousClock()
                while !Task.isCancelled {
                    let next = clock.now + every
                    await body()
                    try? await Task.sleep(until: next, clock: clock)
                }
            }
        }
    }

    /// Begins nothing more; does not wait for what is under way.
    func stop() {
        task.withLock { $0?.cancel() }
    }
}
