import ServiceShell
import ServiceWiring

/// What one person, and one loop, may take.
struct RecommendLimits: Sendable {
    /// Lists of a person, on one loop.
    let lists: PersonQuota
    /// Forced refreshes of a person, on one loop.
    let refreshes: PersonQuota
    /// People whose quotas a loop remembers.
    let slots: Int
    /// Lists whose profiles are on their way, a loop; more are refused.
    let maxWaiting: Int
    /// A loop whose timers come later than this turns requests away.
    let maxLoopDelayNs: UInt64

    init(_ settings: Settings) throws(SettingsFault) {
        lists = try Wiring.quota(settings, "lists", 100, .seconds(10))
        refreshes = try Wiring.quota(settings, "refreshes", 3, .seconds(15))
        slots = try Wiring.rememberedPeople(settings)
        maxWaiting = try settings.int("limits.max_waiting", in: 1...1_000_000, default: 20_000)
        let delay = try settings.duration(
            "limits.max_loop_delay", in: .milliseconds(5)...(.seconds(10)), default: .milliseconds(200))
        maxLoopDelayNs = UInt64(
            delay.components.seconds * 1_000_000_000 + delay.components.attoseconds / 1_000_000_000)
    }
}
