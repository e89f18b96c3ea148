import Catalog
import Glibc

/// Looks at a campaign's files every so often, on a thread of its own: reading, validating and whatever the
/// callback makes of it may take their time there, away from the loops.
///
/// `@unchecked Sendable`: `isStopping` and `thread` are touched with `mutex` held only; the rest is constant.
package final class CampaignWatch: @unchecked Sendable {
    /// A change is seen by one look and taken by the next, so that it is served within a second.
    package static let intervalMs: Int64 = 400

    private let look: CampaignLook
    private let intervalMs: Int64
    private let serve: @Sendable (CampaignEvent) -> Bool
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isStopping = false
    private var thread: pthread_t?

    /// - Parameters:
    ///   - intervalMs: from the end of one look to the next.
    ///   - onEvent: called on the watch's thread, one event at a time. It must not stop the watch.
    package convenience init(
        _ look: CampaignLook, intervalMs: Int64 = intervalMs,
        onEvent: @escaping @Sendable (CampaignEvent) -> Void
    ) {
        self.init(look, intervalMs: intervalMs) { event -> Bool in
            onEvent(event)
            return true
        }
    }

    /// - Parameter serve: the same; false: a catalog that was loaded is not served after all, and is brought
    ///   again with the next look.
    package init(
        _ look: CampaignLook, intervalMs: Int64 = intervalMs,
        serve: @escaping @Sendable (CampaignEvent) -> Bool
    ) {
        self.look = look
        self.intervalMs = intervalMs
        self.serve = serve
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(wake, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    /// The thread holds the watch, so there is none any more.
    deinit {
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(mutex)
        wake.deallocate()
        mutex.deallocate()
    }

    /// Any thread, once.
    package func start() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        precondition(thread == nil && !isStopping, "a watch is started once")
        var created = pthread_t()
        let code = pthread_create(
            &created, nil,
            { context in
                guard let context else { return nil }
                let watch = Unmanaged<CampaignWatch>.fromOpaque(context).takeRetainedValue()
                // Signals are the main thread's.
                var all = sigset_t()
                sigfillset(&all)
                pthread_sigmask(SIG_SETMASK, &all, nil)
                watch.run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(code == 0, "no thread: \(code)")
        thread = created
    }

    /// Any thread but the watch's own. Waits for the look that is under way, with its callbacks:
    /// milliseconds, or as long as the callbacks take.
    package func stop() {
        pthread_mutex_lock(mutex)
        isStopping = true
        let running = thread
        thread = nil
        pthread_cond_signal(wake)
        pthread_mutex_unlock(mutex)
        if let running { pthread_join(running, nil) }
    }

    private func run() {
        var look = look
        while isToGoOn() {
            for event in look.look() where !serve(event) { look.declined() }
        }
    }

    /// Waits for the next look; false = stopped.
    private func isToGoOn() -> Bool {
        var until = timespec()
        clock_gettime(CLOCK_MONOTONIC, &until)
        let atNs = Int64(until.tv_nsec) + intervalMs % 1000 * 1_000_000
        until.tv_sec += Int(intervalMs / 1000 + atNs / 1_000_000_000)
        until.tv_nsec = Int(atNs % 1_000_000_000)
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isStopping, pthread_cond_timedwait(wake, mutex, &until) != ETIMEDOUT {}
        return !isStopping
    }
}
