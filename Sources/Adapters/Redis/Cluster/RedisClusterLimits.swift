/// The numbers the cluster's machine decides by; nanoseconds of the event loop's monotonic clock.
struct RedisClusterLimits: Sendable {
    /// Between two readings of the map while nothing seems wrong: a manual failover is noticed without
    /// any command of ours.
    var refreshEveryNs: UInt64 = 1_000_000_000
    /// The least time between two readings, and the first pause while a master is missing; it doubles.
    var refreshPauseNs: UInt64 = 50_000_000
    var refreshPauseCapNs: UInt64 = 500_000_000
    /// How often one command may be sent again in all.
    var maxRepeats = 16
    /// Redirects followed at once; more of them are paced, since nodes then disagree.
    var maxHops = 4
    /// The first pause of a command that is to be tried again; it doubles a pause.
    var pauseNs: UInt64 = 4_000_000
    var pauseCapNs: UInt64 = 64_000_000
    /// How long a node that takes a slot over is kept though it is no master.
    var askedLifeNs: UInt64 = 10_000_000_000
}
