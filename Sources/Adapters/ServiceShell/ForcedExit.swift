import Glibc

/// Ends the process when a shutdown takes too long, on a thread of its own, so that it works even when every
/// loop and every task is stuck.
enum ForcedExit {
    private final class Order {
        let deadlineMs: Int64
        let code: Int32
        let lastWords: [UInt8]

        init(deadlineMs: Int64, code: Int32, lastWords: [UInt8]) {
            self.deadlineMs = deadlineMs
            self.code = code
            self.lastWords = lastWords
        }
    }

    /// - Parameter lastWords: written to standard error just before.
    static func arm(after deadline: Duration, code: Int32, lastWords: String) {
        let (seconds, attoseconds) = deadline.components
        let order = Order(
            deadlineMs: seconds * 1_000 + attoseconds / 1_000_000_000_000_000, code: code,
            lastWords: Array("\(lastWords)\n".utf8))
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { argument in
                let order = Unmanaged<Order>.fromOpaque(argument!).takeRetainedValue()
                var left = timespec(
                    tv_sec: Int(order.deadlineMs / 1_000), tv_nsec: Int(order.deadlineMs % 1_000) * 1_000_000)
                var rest = timespec()
                while nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
                _ = order.lastWords.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
                // Not `exit`: its handlers may wait for what is stuck.
                _exit(order.code)
            }, Unmanaged.passRetained(order).toOpaque())
        precondition(failure == 0, "no thread for the forced exit")
        pthread_detach(thread)
    }
}
