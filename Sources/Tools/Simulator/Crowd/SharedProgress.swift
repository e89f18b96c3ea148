import Synchronization

/// The crowd's progress, written on its loop and read from anywhere.
final class SharedProgress: Sendable {
    private let state: Mutex<CrowdRun.Progress>

    init(people: Int) {
        state = Mutex(CrowdRun.Progress(people: people))
    }

    var now: CrowdRun.Progress { state.withLock { $0 } }

    func update(_ change: (inout CrowdRun.Progress) -> Void) { state.withLock { change(&$0) } }
}
