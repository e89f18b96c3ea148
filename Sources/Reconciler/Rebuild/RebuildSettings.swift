import Catalog
import ServiceShell

/// The settings of rebuilds.
struct RebuildSettings: Sendable {
    /// `serve` begins one by itself.
    let automatic: Bool
    /// Between the closing of Redis and the reading of Kafka: whatever was accepted or sent before has come
    /// to its end by then.
    let settleWait: Duration

    /// - Throws: ``SettingsFault`` where the wait is shorter than what it waits for.
    init(_ settings: Settings, _ catalog: Catalog, messageTimeoutMs: Int) throws(SettingsFault) {
        automatic = try settings.bool("rebuild.automatic", default: false)
        settleWait = try settings.duration(
            "rebuild.settle_wait", in: .milliseconds(100)...(.seconds(600)), default: .seconds(12))
        // As in the settings of Claim and the Deliverer.
        let lease = try settings.duration(
            "claim.lease", in: .milliseconds(10)...(.seconds(300)), default: .seconds(10))
        let graceMs = try settings.int("deliverer.grace_ms", in: 0...60_000, default: 1_000)
        let attemptMs = (catalog.games.map(\.requestTimeoutMs).max() ?? 0) + graceMs
        let waits: [(Duration, String)] = [
            (lease, "claim.lease"), (.milliseconds(messageTimeoutMs), "kafka.message_timeout_ms"),
            (.milliseconds(attemptMs), "the longest attempt, requestTimeoutMs and deliverer.grace_ms"),
        ]
        for (least, name) in waits where settleWait < least {
            throw SettingsFault(
                key: "rebuild.settle_wait", value: Self.text(settleWait),
                allowed: "at least \(Self.text(least)): \(name)", origin: "settings")
        }
    }

    private static func text(_ duration: Duration) -> String { "\(Int64(duration / .milliseconds(1)))ms" }
}
