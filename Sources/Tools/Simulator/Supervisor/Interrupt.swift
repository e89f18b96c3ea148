import Dispatch
import Glibc

/// SIGINT, SIGTERM and SIGHUP of a supervisor: what was started is stopped, then the process ends.
final class Interrupt {
    private let queue = DispatchQueue(label: "interrupt")
    private let sources: [any DispatchSourceSignal]

    /// - Parameter stop: called once, on a queue of its own; the process exits with 128 + signal after it.
    init(_ stop: @escaping @Sendable (Int32) -> Void) {
        let queue = queue
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            // The default would end the process before the source is told. Children have theirs reset.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                stop(number)
                // Not `exit`: its handlers may wait for threads that wait for us.
                _exit(128 + number)
            }
            source.activate()
            return source
        }
    }
}
