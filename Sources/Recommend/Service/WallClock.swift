import Glibc

/// The clocks of the service's shell; nothing below it reads one.
enum WallClock {
    /// Unix milliseconds.
    static var nowMs: Int64 {
        let time = read(CLOCK_REALTIME)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Monotonic nanoseconds.
    static var nowNs: UInt64 {
        let time = read(CLOCK_MONOTONIC)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        // Neither clock can be missing on Linux, nor the pointer bad.
        clock_gettime(clock, &time)
        return time
    }
}
