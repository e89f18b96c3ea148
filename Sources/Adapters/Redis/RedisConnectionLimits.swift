/// The numbers the machine decides by; nanoseconds of the event loop's monotonic clock.
package struct RedisConnectionLimits: Sendable {
    package var maxInFlight: Int
    package var greetingTimeoutNs: UInt64
    package var stallNs: UInt64
    package var backoffBaseNs: UInt64
    package var backoffCapNs: UInt64

    package init(
        maxInFlight: Int, greetingTimeoutNs: UInt64, stallNs: UInt64, backoffBaseNs: UInt64,
        backoffCapNs: UInt64
    ) {
        self.maxInFlight = maxInFlight
        self.greetingTimeoutNs = greetingTimeoutNs
        self.stallNs = stallNs
        self.backoffBaseNs = backoffBaseNs
        self.backoffCapNs = backoffCapNs
    }
}
