import Pacing
import ServiceShell

/// A quota that a service gives each person, or each address, on one loop, and what a refused request is told
/// of it.
package struct PersonQuota: Sendable {
    package let limit: PersonLimit
    private let fields: RateLimitFields

    /// - Parameter name: what the quota is called in the header fields.
    package init(_ limit: PersonLimit, name: String) {
        self.limit = limit
        fields = RateLimitFields(limit, name: name)
    }

    /// The value of `ratelimit-policy`.
    package var policy: String { fields.policy }

    /// The value of `ratelimit`.
    package func value(_ decision: PersonLimiter.Decision) -> String { fields.value(decision) }

    /// The header fields of a refusal.
    package func headers(_ decision: PersonLimiter.Decision) -> [(String, String)] {
        var headers = [("ratelimit-policy", policy), ("ratelimit", value(decision))]
        if case .limited(let retryAfterS) = decision {
            headers.append(("retry-after", String(retryAfterS)))
        }
        return headers
    }
}

extension Wiring {
    /// `limits.<name>` and `limits.<name>_window`, a duration of whole seconds.
    package static func quota(
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

    /// `limits.people`: how many of them a loop remembers; the next power of two.
    package static func rememberedPeople(_ settings: Settings) throws(SettingsFault) -> Int {
        let slots = try settings.int("limits.people", in: 64...PersonLimiter.maxSlots, default: 65_536)
        var power = 64
        while power < slots { power *= 2 }
        return power
    }
}
