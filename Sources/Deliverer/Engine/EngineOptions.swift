/// The engine's named limits and times.
package struct EngineOptions: Sendable, Equatable {
    /// How much longer than its request's time-out an attempt is held as in flight: Redis, queues, and the
    /// time a request may still lie unread at the game.
    package var graceMs: Int64 = 1_000
    /// Redis's leave to send is good for the grace, and for this long at least.
    package var leastGoMs: Int64 = 100
    /// A wait up to this long is spent in memory; a longer one in the retries topic.
    package var longestSleepMs: Int64 = 10_000
    /// Retry delays: full jitter between 0 and base × 2^n, at most the cap.
    package var retryBaseMs: Int64 = 200
    package var retryCapMs: Int64 = 600_000
    /// Between repeats of a write to Kafka or Redis that failed.
    package var ownRetryMs: Int64 = 300
    /// Orders in memory a partition, at least and at most; between them two seconds' worth of its game's
    /// limit.
    package var fewestOpen = 32
    package var mostOpen = 2_000
    /// A record that cannot be read is read again so often, so long apart, before it is given up.
    package var doubtTries = 4
    package var doubtNs: UInt64 = 1_000_000_000
    /// The ratio of orders refused for good, among a game's last 200, above which it is paused.
    package var deadRatio = 0.5

    package init() {}
}
