import Pacing
import ServiceShell

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

    /// A quota, and what a refused request is told of it.
    struct PersonQuota: Sendable {
        let limit: PersonLimit
        private let fields: RateLimitFields

        init(_ limit: PersonLimit, name: String) {
            self.limit = limit
            fields = RateLimitFields(limit, name: name)
        }

        /// The header fields of a refusal.
        func headers(_ decision: PersonLimiter.Decision) -> [(String, String)] {
            var headers = [("ratelimit-policy", fields.policy), ("ratelimit", fields.value(decision))]
            if case .limited(let retryAfterS) = decision {
                headers.append(("retry-after", String(retryAfterS)))
            }
            return headers
        }
    }

    init(_ settings: Settings) throws(SettingsFault) {
        lists = try Self.quota(settings, "lists", 100, .seconds(10))
        refreshes = try Self.quota(settings, "refreshes", 3, .seconds(15))
        let slots = try settings.int("limits.people", in: 64...PersonLimiter.maxSlots, default: 65_536)
        var power = 64
        while power < slots { power *= 2 }
        self.slots = power
        maxWaiting = try settings.int("limits.max_waiting", in: 1...1_000_000, default: 20_000)
        let delay = try settings.duration(
            "limits.max_loop_delay", in: .milliseconds(5)...(.seconds(10)), default: .milliseconds(200))
        maxLoopDelayNs = UInt64(
            delay.components.seconds * 1_000_000_000 + delay.components.attoseconds / 1_000_000_000)
    }

    private static func quota(
        _ settings: Settings, _ name: String, _ quota: Int, _ window: Duration
    ) throws(SettingsFault) -> PersonQuota {
        let quota = try settings.int("limits.\(name)", in: 1...PersonLimit.maxQuota, default: quota)
        let window = try settings.duration(
            "limits.\(name)_window", in: .seconds(1)...(.seconds(Int64(PersonLimit.maxWindowS))),
            default: window)
        guard window.components.attoseconds == 0,
            let limit = try? PersonLimit(quota: quota, windowS: Int(window.components.seconds))
        else {
            throw SettingsFault(
                key: "limits.\(name)_window", value: "\(window)", allowed: "whole seconds, 1s to 24h",
                origin: "settings")
        }
        return PersonQuota(limit, name: name)
    }
}
