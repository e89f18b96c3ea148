import CRdKafka
import Glibc

/// A named thread that owns a client's C handle, and can be waited for with a deadline.
///
/// `@unchecked Sendable`: `thread` is written once in `init` and read by `finish`, which its owner calls
/// once.
final class WorkerThread: @unchecked Sendable {
    private var thread = pthread_t()
    private let ended = Mailbox<Void>()

    /// `name` is cut to Linux's 15 bytes.
    init(name: String, body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(name: name, body: body, ended: ended))
        let result = pthread_create(&thread, nil, { Start.run($0) }, start.toOpaque())
        precondition(result == 0, "pthread_create: \(result)")
    }

    /// Waits for the body to return, at most until `deadlineNs` (monotonic). Joins it then; otherwise lets it
    /// go its way and answers false. Called once.
    func finish(byNs deadlineNs: UInt64) -> Bool {
        while true {
            if !ended.take(waitingUntilNs: deadlineNs).isEmpty {
                pthread_join(thread, nil)
                return true
            }
            if MonotonicClock.nowNs >= deadlineNs {
                pthread_detach(thread)
                return false
            }
        }
    }

    /// Runs a body that may block on a thread nobody waits for.
    static func runDetached(name: String, body: @escaping @Sendable () -> Void) {
        _ = WorkerThread(name: name, body: body).finish(byNs: 0)
    }

    private final class Start {
        let name: String
        let body: @Sendable () -> Void
        let ended: Mailbox<Void>

        init(name: String, body: @escaping @Sendable () -> Void, ended: Mailbox<Void>) {
            self.name = name
            self.body = body
            self.ended = ended
        }

        static func run(_ raw: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
            let start = Unmanaged<Start>.fromOpaque(raw!).takeRetainedValue()
            hb_rdkafka_name_thread(start.name)
            start.body()
            start.ended.post(())
            return nil
        }
    }
}
