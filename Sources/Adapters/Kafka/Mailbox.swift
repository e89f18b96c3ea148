import Glibc

/// Messages from any thread to the one that owns a C handle, and the bell that wakes it.
///
/// The bell is a condition variable and not a pipe: librdkafka rings it from within its queues
/// (`rd_kafka_queue_cb_event_enable`) and the event loops ring it for credits and commits, so one wait covers
/// both without a file descriptor, and ringing an already rung bell costs no system call. The condition waits
/// on the monotonic clock.
///
/// `@unchecked Sendable`: `messages` and `rung` are touched only between `lock` and `unlock` of `mutex`.
final class Mailbox<Message: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var messages: [Message] = []
    private var rung = false

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Leaves a message and rings. Any thread.
    func post(_ message: Message) {
        pthread_mutex_lock(mutex)
        messages.append(message)
        ringLocked()
        pthread_mutex_unlock(mutex)
    }

    /// Wakes the owner without a message. Any thread, also one of librdkafka's that holds a queue's lock:
    /// nothing of librdkafka is ever called while `mutex` is held.
    func ring() {
        pthread_mutex_lock(mutex)
        ringLocked()
        pthread_mutex_unlock(mutex)
    }

    /// What has come; waits until the bell rings or `deadlineNs` (monotonic). Owner thread only.
    func take(waitingUntilNs deadlineNs: UInt64) -> [Message] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        var until = timespec(
            tv_sec: Int(deadlineNs / 1_000_000_000), tv_nsec: Int(deadlineNs % 1_000_000_000))
        while !rung {
            if pthread_cond_timedwait(condition, mutex, &until) != 0 { break }
        }
        rung = false
        let taken = messages
        messages = []
        return taken
    }

    private func ringLocked() {
        guard !rung else { return }
        rung = true
        pthread_cond_signal(condition)
    }
}
