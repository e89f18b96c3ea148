import Glibc
import Synchronization

/// Threads that read and compute, as many as there are cores to feed, and nothing else.
enum ReaderThreads {
    static let most = 64

    /// Runs the body on each of so many threads and returns when all have ended. Signals stay the caller's.
    static func run(_ count: Int, _ body: @escaping @Sendable (_ thread: Int) -> Void) {
        let threads = (0..<count).map { number in
            var thread = pthread_t()
            let start = Unmanaged.passRetained(Start { body(number) })
            let code = pthread_create(
                &thread, nil,
                { context in
                    var all = sigset_t()
                    sigfillset(&all)
                    pthread_sigmask(SIG_SETMASK, &all, nil)
                    Unmanaged<Start>.fromOpaque(context!).takeRetainedValue().body()
                    return nil
                }, start.toOpaque())
            precondition(code == 0, "no thread: \(code)")
            return thread
        }
        for thread in threads { pthread_join(thread, nil) }
    }

    private final class Start: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }
}

/// Work that threads take piece by piece; the first one that fails stops all.
final class WorkQueue<Work: Sendable>: Sendable {
    private struct State {
        /// What is left.
        var left: Range<Int>
        var stop: ReadStop?
    }

    private let work: [Work]
    private let state: Mutex<State>

    init(_ work: [Work]) {
        self.work = work
        state = Mutex(State(left: work.indices))
    }

    /// - Parameter fromBack: the last piece that is left rather than the first.
    func next(fromBack: Bool = false) -> Work? {
        state.withLock { state in
            guard state.stop == nil, !state.left.isEmpty else { return nil }
            return work[fromBack ? state.left.removeLast() : state.left.removeFirst()]
        }
    }

    /// Looked at by those who are in the middle of a piece.
    var isStopped: Bool { state.withLock { $0.stop != nil } }

    func stop(_ reason: ReadStop) {
        state.withLock { if $0.stop == nil { $0.stop = reason } }
    }

    /// Why the first one stopped.
    var reason: ReadStop? { state.withLock { $0.stop } }
}
