import Glibc

/// The machine's monotonic clock in nanoseconds: deadlines here are never taken from the wall clock,
/// which may be set back.
enum MonotonicClock {
    static var nowNs: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    static func deadlineNs(afterMs: Int64) -> UInt64 {
        nowNs + UInt64(max(0, afterMs)) * 1_000_000
    }

    /// Milliseconds left until `deadlineNs`, rounded up; 0 when it has passed.
    static func remainingMs(until deadlineNs: UInt64) -> Int32 {
        let now = nowNs
        guard deadlineNs > now else { return 0 }
        return Int32(clamping: (deadlineNs - now + 999_999) / 1_000_000)
    }
}
