import ProfileRoad
import Profiles
import ServiceShell

extension Wiring {
    /// `profiles.…`: how long knowledge of people counts and what may be asked. One way for all services,
    /// so that what one shows the other accepts (promise 8).
    package static func profiles(_ settings: Settings) throws(SettingsFault) -> ProfileRoadOptions {
        var options = ProfileRoadOptions()
        options.deadlineMs = try ms(settings, "profiles.deadline", options.deadlineMs, most: .seconds(10))
        options.cacheBytes = try settings.int(
            "profiles.cache_bytes", in: 0...(1 << 40), default: options.cacheBytes)
        options.cacheLifeMs = try ms(
            settings, "profiles.cache_life", options.cacheLifeMs, most: .seconds(3600))
        options.absenceCacheLifeMs = try ms(
            settings, "profiles.absence_cache_life", options.absenceCacheLifeMs, most: .seconds(3600))
        options.ages = ProfileAges(
            presentS: try seconds(settings, "profiles.role_life", options.ages.presentS),
            absentS: try seconds(settings, "profiles.absence_life", options.ages.absentS),
            staleS: try seconds(settings, "profiles.stale_life", options.ages.staleS))
        options.storedLifeMs = Int64(max(options.ages.presentS, options.ages.staleS)) * 1000
        options.redisTimeoutMs = try ms(
            settings, "profiles.redis_timeout", options.redisTimeoutMs, most: .seconds(10))
        options.roleTimeoutMs = Int(
            try ms(settings, "profiles.role_timeout", Int64(options.roleTimeoutMs), most: .seconds(60)))
        options.roleConnectTimeoutMs = min(options.roleConnectTimeoutMs, options.roleTimeoutMs)
        options.maxCalls = try settings.int(
            "profiles.max_role_calls", in: 1...10_000, default: options.maxCalls)
        options.maxCallsAGame = try settings.int(
            "profiles.max_role_calls_a_game", in: 1...10_000, default: options.maxCallsAGame)
        return options
    }

    private static func ms(
        _ settings: Settings, _ key: String, _ fallback: Int64, most: Duration
    ) throws(SettingsFault) -> Int64 {
        let value = try settings.duration(
            key, in: .milliseconds(10)...most, default: .milliseconds(fallback))
        return value.components.seconds * 1000 + value.components.attoseconds / 1_000_000_000_000_000
    }

    private static func seconds(
        _ settings: Settings, _ key: String, _ fallback: UInt32
    ) throws(SettingsFault) -> UInt32 {
        let value = try settings.duration(
            key, in: .seconds(1)...(.seconds(30 * 86_400)), default: .seconds(Int64(fallback)))
        return UInt32(value.components.seconds)
    }
}
