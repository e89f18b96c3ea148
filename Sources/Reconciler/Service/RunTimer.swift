import Logging
import OrderStore
import Synchronization

/// Asks again and again whether a run is due, and makes it.
///
/// Every process asks; Redis answers one of them. What it answers the others (how long the runner's lease has
/// left, how long the last run is young enough) is how long they wait, but not longer than a few seconds, so
/// that a runner that was killed is followed soon.
final class RunTimer: Sendable {
    private static let longestWaitMs: Int64 = 5_000
    private static let shortestWaitMs: Int64 = 50
    private static let pauseAfterFailure: Duration = .seconds(5)

    private let desk: RunDesk
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(_ desk: RunDesk) {
        self.desk = desk
    }

    func start() {
        task.withLock { task in
            guard task == nil else { return }
            task = Task { [desk] in
                while !Task.isCancelled {
                    try? await ContinuousClock().sleep(for: await Self.turn(desk))
                }
            }
        }
    }

    /// Begins nothing more; does not wait for what is under way.
    func stop() {
        task.withLock { $0?.cancel() }
    }

    /// How long to wait before the next look.
    private static func turn(_ desk: RunDesk) async -> Duration {
        do {
            switch try await desk.begin(.periodic) {
            case .begun(let tenure):
                return await desk.perform(tenure, .periodic) ? .zero : pauseAfterFailure
            case .busy(let ms), .notDue(let ms):
                return .milliseconds(min(max(ms, shortestWaitMs), longestWaitMs))
            }
        } catch {
            if !Task.isCancelled { await desk.failed(nil, .periodic, "\(error)") }
            return pauseAfterFailure
        }
    }
}
