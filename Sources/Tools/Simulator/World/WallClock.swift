import Glibc

/// The time of day, for tokens, signatures and notes.
enum WallClock {
    static var nowMs: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    static var nowS: Int64 { nowMs / 1000 }
}
