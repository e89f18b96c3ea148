import CCurl
import Glibc

/// What other threads leave for the curl thread: requests, and the wish to close. Bounded.
///
/// `@unchecked Sendable`: all mutable state is behind the mutex; the event descriptor is created before
/// and closed after any sharing, and eventfd's reads and writes are atomic. A pthread mutex because it is
/// held for a few stores and hardly ever contended.
final class Mailbox: @unchecked Sendable {
    struct Mail {
        var requests: [HTTPClientRequest] = []
        /// Tokens of requests that came on top of the bound.
        var refused: [UInt64] = []
        /// When the client is to be closed, monotonic.
        var closeAtNs: UInt64?
    }

    /// Readable while there is mail.
    let descriptor: Int32
    private let maxOutstanding: Int
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var mail = Mail()
    private var outstanding = 0

    init(maxOutstanding: Int) {
        self.maxOutstanding = maxOutstanding
        descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        precondition(descriptor >= 0, "no descriptor left for an eventfd")
        mutex = .allocate(capacity: 1)
        let code = pthread_mutex_init(mutex, nil)
        precondition(code == 0, "no mutex")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
        close(descriptor)
    }

    /// Any thread. False: the client is closing, nothing was taken.
    func put(_ requests: [HTTPClientRequest]) -> Bool {
        locked {
            guard mail.closeAtNs == nil else { return false }
            // What lies here already has woken the curl thread.
            if mail.requests.isEmpty, mail.refused.isEmpty { wake() }
            let room = max(0, maxOutstanding - outstanding)
            if requests.count <= room, mail.requests.isEmpty {
                mail.requests = requests
            } else {
                mail.requests.append(contentsOf: requests.prefix(room))
                mail.refused.append(contentsOf: requests.dropFirst(room).map(\.token))
            }
            outstanding += min(room, requests.count)
            return true
        }
    }

    /// Any thread; the earliest wish counts.
    func requestClose(atNs: UInt64) {
        locked {
            mail.closeAtNs = min(mail.closeAtNs ?? .max, atNs)
            wake()
        }
    }

    /// The curl thread: everything left here since the last time. With a wish to close it is the last mail.
    func take() -> Mail {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
        return locked {
            let taken = mail
            mail.requests = []
            mail.refused = []
            return taken
        }
    }

    /// The curl thread: so many of the accepted requests are completed.
    func completed(_ count: Int) {
        locked { outstanding -= count }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    private func locked<T>(_ body: () -> T) -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}
