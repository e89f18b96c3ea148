import CCurl
import Glibc

/// A named thread that runs one closure; joined once, or left to end by itself.
///
/// `@unchecked Sendable`: the identifier is written before the object is shared and constant from then on;
/// whether it has been joined is behind the mutex, which is held while joining so that a second caller
/// waits for the first.
final class CurlThread: @unchecked Sendable {
    private final class Start {
        let name: String
        let body: () -> Void

        init(name: String, body: @escaping () -> Void) {
            self.name = name
            self.body = body
        }
    }

    private var thread = pthread_t()
    private var isJoined = false
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init(name: String, body: @escaping @Sendable () -> Void) {
        pthread_mutex_init(mutex, nil)
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                // Signals are the main thread's; SIGPIPE above all would come to whoever writes.
                var all = sigset_t()
                sigfillset(&all)
                pthread_sigmask(SIG_SETMASK, &all, nil)
                hb_curl_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        precondition(code == 0, "no thread: \(code)")
    }

    deinit {
        if !isJoined { pthread_detach(thread) }
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func join() {
        precondition(pthread_equal(pthread_self(), thread) == 0, "the thread cannot wait for itself")
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isJoined else { return }
        pthread_join(thread, nil)
        isJoined = true
    }
}
