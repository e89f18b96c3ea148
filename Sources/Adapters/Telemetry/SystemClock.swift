import Glibc

/// The machine's two clocks. Shells read them and hand the times on; nothing in Core reads a clock.
package enum SystemClock {
    /// Unix milliseconds; may jump, so it names moments and measures nothing.
    package static var nowMs: Int64 {
        let time = read(CLOCK_REALTIME)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Monotonic nanoseconds; only differences mean anything.
    package static var nowNs: UInt64 {
        let time = read(CLOCK_MONOTONIC)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}
