/// The limits of one `RedisConnection`. Every default is meant for a server in the same data centre.
package struct RedisOptions: Sendable {
    /// From handing a command over until its outcome is called unknown. Well above the pauses of a busy
    /// machine: an unknown outcome costs its caller more than a second of waiting.
    package var commandTimeout: Duration = .seconds(1)
    /// For name look-up and TCP connect together.
    package var connectTimeout: Duration = .seconds(1)
    /// A connection whose oldest reply has been overdue this long, with no byte read meanwhile, hangs:
    /// it is closed and made anew. nil: four command time-outs.
    package var stallTimeout: Duration?
    /// Commands sent and not answered, timed-out ones included since their replies may still come.
    package var maxInFlight = 4096
    /// A longer command is refused as never sent.
    package var maxCommandBytes = 8 << 20
    /// A longer reply, or an array that must be longer, ends the connection.
    package var maxReplyBytes = 32 << 20
    /// The pause before the first attempt to reconnect; it doubles an attempt, half of it random.
    package var backoffBase: Duration = .milliseconds(50)
    /// The longest pause between attempts.
    package var backoffCap: Duration = .seconds(2)
    /// Shown by CLIENT LIST on the server; letters, digits and `-._` only. nil: none.
    package var clientName: String?

    package init() {}

    var limits: RedisConnectionLimits {
        RedisConnectionLimits(
            maxInFlight: maxInFlight,
            greetingTimeoutNs: commandTimeout.nanoseconds,
            stallNs: stallTimeout?.nanoseconds ?? commandTimeout.nanoseconds * 4,
            backoffBaseNs: backoffBase.nanoseconds,
            backoffCapNs: backoffCap.nanoseconds)
    }
}

extension Duration {
    /// Whole nanoseconds, at least one and at most a day: no time-out of ours is outside of that.
    var nanoseconds: UInt64 {
        let day: UInt64 = 86_400_000_000_000
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0, seconds < 86_400 else { return seconds < 0 ? 1 : day }
        return max(1, UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000)
    }
}
