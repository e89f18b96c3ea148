/// The numbers the machine decides by; nanoseconds of the event loop's monotonic clock.
struct RedisConnectionLimits: Sendable {
    var maxInFlight: Int
    var greetingTimeoutNs: UInt64
    var stallNs: UInt64
    var backoffBaseNs: UInt64
    var backoffCapNs: UInt64
}
